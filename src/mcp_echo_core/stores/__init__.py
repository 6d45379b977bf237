"""Session stores behind one contract: ``base.py`` states it, ``registry.py`` finds the one a URL names."""
