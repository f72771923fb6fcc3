"""``python -m bot``: the same as ``zhixin``."""

INTERRUPTED = 130
"""Exit code of shells for a program ended by Ctrl+C."""

try:
    from bot.cli import main
except KeyboardInterrupt:  # loading takes a second, and nothing has begun yet
    raise SystemExit(INTERRUPTED) from None

if __name__ == "__main__":
    main()
