-- Keep a record for longer.

keep()
return 1
