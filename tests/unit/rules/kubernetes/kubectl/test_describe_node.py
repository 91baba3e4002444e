from fermata.rules.kubernetes.kubectl.describe import describe_body

NODE = """\
Name:               worker-01
Roles:              node
Taints:             node.kubernetes.io/unschedulable:NoSchedule
                    disk=ssd:NoExecute
                    no taint
Unschedulable:      true
Lease:
  HolderIdentity:  worker-01
  RenewTime:       Fri, 28 Nov 2025 15:33:07 +0800
Conditions:
  Type             Status   LastHeartbeatTime                LastTransitionTime               Reason             Message
  ----             ------   -----------------                ------------------               ------             -------
  MemoryPressure   False    Fri, 28 Nov 2025 15:32:29 +0800  Mon, 11 Aug 2025 15:48:43 +0800  KubeletHasMemory   fine
  Ready            Unknown  <unknown>                         Mon, 11 Aug 2025 15:48:44 +0800  NodeStatusUnknown
Addresses:
  InternalIP:  192.168.0.157
Capacity:
  cpu:     8
Allocatable:
  cpu:     7
  memory:  15671356Ki
System Info:
  Kernel Version:             5.15.0
  OS Image:                   Ubuntu 22.04.5 LTS
  Architecture:               amd64
  Container Runtime Version:  containerd://1.7.23
  Kubelet Version:            v1.31.2
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests     Limits
  --------           --------     ------
  cpu                950m (11%)   1 (12%)
  memory             290Mi (1%)   390Mi (2%)
  nvidia.com/gpu     1            <none>
"""


def test_description_of_a_node_is_read():
    """Taints, conditions, what it has and what is taken of it."""
    body = describe_body("Node", NODE)

    assert body["spec"] == {
        "taints": [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
            {"key": "disk", "value": "ssd", "effect": "NoExecute"},
        ],
        "unschedulable": True,
    }
    assert body["status"] == {
        "capacity": {"cpu": "8"},
        "allocatable": {"cpu": "7", "memory": "15671356Ki"},
        "conditions": [
            {
                "type": "MemoryPressure",
                "status": "False",
                "lastHeartbeatTime": "2025-11-28T07:32:29+00:00",
                "lastTransitionTime": "2025-08-11T07:48:43+00:00",
                "reason": "KubeletHasMemory",
                "message": "fine",
            },
            {
                "type": "Ready",
                "status": "Unknown",
                "lastHeartbeatTime": "<unknown>",
                "lastTransitionTime": "2025-08-11T07:48:44+00:00",
                "reason": "NodeStatusUnknown",
            },
        ],
        "addresses": [{"type": "InternalIP", "address": "192.168.0.157"}],
        "nodeInfo": {
            "kernelVersion": "5.15.0",
            "osImage": "Ubuntu 22.04.5 LTS",
            "architecture": "amd64",
            "containerRuntimeVersion": "containerd://1.7.23",
            "kubeletVersion": "v1.31.2",
        },
    }
    assert body["printed"] == {
        "Lease RenewTime": "Fri, 28 Nov 2025 15:33:07 +0800",
        "ROLES": "node",
        "requests.cpu": "950m",
        "limits.cpu": "1",
        "requests.memory": "290Mi",
        "limits.memory": "390Mi",
        "requests.nvidia.com/gpu": "1",
    }


def test_node_without_taints_has_an_empty_list():
    """Brackets are an answer, a missing line is none."""
    assert describe_body("Node", "Name: n\nTaints: <none>\nUnschedulable: false\n")["spec"] == {"taints": []}
    assert "spec" not in describe_body("Node", "Name: n\n")
