"""A Satori server that hears through OneBot 11: ``python satori_judge.py PORT TOKEN SATORI_TOKEN``."""

import sys

from satori.adapters.onebot11 import OneBot11ReverseAdapter, OneBot11ReverseConfig
from satori.server import Server

if __name__ == "__main__":
    server = Server(host="127.0.0.1", port=int(sys.argv[1]), path="satori", token=sys.argv[3])
    server.apply(OneBot11ReverseAdapter(OneBot11ReverseConfig(access_token=sys.argv[2])))
    server.run()
