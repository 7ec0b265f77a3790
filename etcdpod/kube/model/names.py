"""kubectl's names for built-in kinds besides plural, singular and Kind."""

from __future__ import annotations

from typing import Final

SHORT_NAMES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "ComponentStatus"): ("cs",),
    ("", "ConfigMap"): ("cm",),
    ("", "Endpoints"): ("ep",),
    ("", "Event"): ("ev",),
    ("", "LimitRange"): ("limits",),
    ("", "Namespace"): ("ns",),
    ("", "Node"): ("no",),
    ("", "PersistentVolume"): ("pv",),
    ("", "PersistentVolumeClaim"): ("pvc",),
    ("", "Pod"): ("po",),
    ("", "ReplicationController"): ("rc",),
    ("", "ResourceQuota"): ("quota",),
    ("", "Service"): ("svc",),
    ("", "ServiceAccount"): ("sa",),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): ("crd", "crds"),
    ("apps", "DaemonSet"): ("ds",),
    ("apps", "Deployment"): ("deploy",),
    ("apps", "ReplicaSet"): ("rs",),
    ("apps", "StatefulSet"): ("sts",),
    ("apps.openshift.io", "DeploymentConfig"): ("dc",),
    ("autoscaling", "HorizontalPodAutoscaler"): ("hpa",),
    ("batch", "CronJob"): ("cj",),
    ("build.openshift.io", "BuildConfig"): ("bc",),
    ("certificates.k8s.io", "CertificateSigningRequest"): ("csr",),
    ("events.k8s.io", "Event"): ("ev",),
    ("image.openshift.io", "ImageStream"): ("is",),
    ("networking.k8s.io", "IPAddress"): ("ip",),
    ("networking.k8s.io", "Ingress"): ("ing",),
    ("networking.k8s.io", "NetworkPolicy"): ("netpol",),
    ("policy", "PodDisruptionBudget"): ("pdb",),
    ("policy", "PodSecurityPolicy"): ("psp",),
    ("scheduling.k8s.io", "PriorityClass"): ("pc",),
    ("security.openshift.io", "SecurityContextConstraints"): ("scc",),
    ("storage.k8s.io", "StorageClass"): ("sc",),
    ("storage.k8s.io", "VolumeAttributesClass"): ("vac",),
}

ALL: Final = frozenset(
    {
        ("", "Pod"),
        ("", "ReplicationController"),
        ("", "Service"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("autoscaling", "HorizontalPodAutoscaler"),
        ("batch", "CronJob"),
        ("batch", "Job"),
    }
)
"""What ``kubectl get all`` lists."""

GROUP_ORDER: Final = ("", "apps", "batch", "autoscaling", "networking.k8s.io", "policy")
"""The precedence of groups that share a kind name; ``extensions`` is last."""

OPENSHIFT_KEYS: Final = {
    "OAuthAccessToken": "oauth/accesstokens",
    "OAuthAuthorizeToken": "oauth/authorizetokens",
    "OAuthClient": "oauth/clients",
    "OAuthClientAuthorization": "oauth/clientauthorizations",
    "Identity": "useridentities",
}
"""OpenShift's key parts that are not the plural."""
