"""Renews one Lease of a registry at a steady rate: ENDPOINT RATE. Run by tests as a process."""

import json
import sys
import time

import grpc
from etcd3 import etcdrpc as rpc

endpoint, rate = sys.argv[1], float(sys.argv[2])
stub = rpc.KVStub(grpc.insecure_channel(endpoint.removeprefix("http://")))
begun, number = time.monotonic(), 0
while True:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "node", "namespace": "kube-node-lease", "uid": "lease"},
        "spec": {"leaseTransitions": number},
    }
    put = rpc.PutRequest(key=b"/registry/leases/kube-node-lease/node")
    put.value = json.dumps(lease).encode()
    stub.Put(put, timeout=30)
    number += 1
    time.sleep(max(0.0, begun + number / rate - time.monotonic()))
