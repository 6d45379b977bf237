"""The gateway diff: a known request is sent to one of our servers, which tells what of it arrived."""
