"""Which changes of the rules and acts would no test notice? See ``__main__``."""
