"""Puts and deletes keys for ever: ENDPOINTS PREFIX KEYS PAUSE. Run by the tests as a process."""

import sys
import time

import grpc
from etcd3 import etcdrpc as rpc

endpoints, prefix, keys, pause = sys.argv[1:5]
options = [("grpc.max_reconnect_backoff_ms", 200)]
channels = [grpc.insecure_channel(address, options=options) for address in endpoints.split(",")]
stubs = [rpc.KVStub(channel) for channel in channels]
number = 0
while True:
    key = f"{prefix}{number % int(keys):03d}".encode()
    stub = stubs[number % len(stubs)]
    try:
        if number % 7 == 6:
            stub.DeleteRange(rpc.DeleteRangeRequest(key=key), timeout=1)
        elif number % 11 == 10:
            puts = [rpc.PutRequest(key=key + end, value=b"%d" % number) for end in (b"", b"-twin")]
            operations = [rpc.RequestOp(request_put=put) for put in puts]
            stub.Txn(rpc.TxnRequest(success=operations), timeout=1)
        else:
            stub.Put(rpc.PutRequest(key=key, value=b"%d" % number), timeout=1)
    except grpc.RpcError:
        time.sleep(0.02)
    number += 1
    time.sleep(float(pause))
