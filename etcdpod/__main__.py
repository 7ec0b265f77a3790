"""``python -m etcdpod``: the command line, for where no script was installed."""

from etcdpod.cli.main import main

if __name__ == "__main__":
    main()
