# SPDX-License-Identifier: MIT
"""The Kubernetes manifests: what kustomize makes of them, by the API's schemas, by what the objects
say of one another, and by a hellod that is started as they say."""
import json
import os
import re
import subprocess
import unittest

import yaml

from checkers import ROOT, TOOLS, check
from client import main
from daemon import Daemon, curl

MANIFESTS = ROOT / "deploy/kubernetes"


def build(folder):
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"kubectl kustomize {folder}: exit code {done.returncode}\n{done.stderr}")
    return list(yaml.safe_load_all(done.stdout))


def faults_of(objects):
    """By the schemas: a list for each object."""
    return check("objects.js", json.dumps(objects))


def seconds(text):
    """As hellod takes it: 5, 5s, 500ms."""
    number, unit = re.fullmatch(r"(\d+)(s|ms|)", text).groups()
    return int(number) / (1000 if unit == "ms" else 1)


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.built = {path.parent.name: build(path.parent) for path in MANIFESTS.glob("*/kustomization.yaml")}
        cls.objects = {item["kind"]: item for item in cls.built["base"]}
        cls.deployment = cls.objects["Deployment"]["spec"]
        cls.pod = cls.deployment["template"]["spec"]
        cls.container, = cls.pod["containers"]
        cls.arguments = dict(word.split("=", 1) for word in cls.container["args"])
        cls.ports = {port["name"]: port["containerPort"] for port in cls.container["ports"]}

    def test_pass_the_schemas(self):
        self.assertIn("gateway", self.built)
        for name, objects in self.built.items():
            for item, faults in zip(objects, faults_of(objects), strict=True):
                self.assertEqual(faults, [], f"{name}: {item['kind']}")

    def test_are_refused_when_they_are_wrong(self):
        """The schemas do look, at what is missing, unknown, or of another type."""
        for spoil, fault in {
                lambda spec: spec.pop("selector"): "/spec: required",
                lambda spec: spec.update(replica=1): "/spec/replica: no such field",
                lambda spec: spec.update(replicas="three"): "/spec/replicas: type",
                lambda spec: spec["template"]["spec"]["containers"][0]["resources"].update(
                    limits={"memory": "32Mx"}): "/resources/limits/memory: format",
                lambda spec: spec["template"]["spec"]["containers"][0].update(
                    livenesProbe={}): "/containers/0/livenesProbe: no such field"}.items():
            item = json.loads(json.dumps(self.objects["Deployment"]))
            spoil(item["spec"])
            faults, = faults_of([item])
            self.assertTrue(any(fault in each for each in faults), f"not among {faults}: {fault}")
        route, = (item for item in self.built["gateway"] if item["kind"] == "HTTPRoute")
        route = route | {"spec": route["spec"] | {"parentRefs": [{}], "hostname": "hello.example"}}
        faults = str(faults_of([route]))
        self.assertIn("/spec/parentRefs/0: required", faults)
        self.assertIn("/spec/hostname: no such field", faults)

    def test_select_the_pods(self):
        labels = self.deployment["template"]["metadata"]["labels"]
        spreads = self.pod["topologySpreadConstraints"]
        self.assertEqual([spread["topologyKey"] for spread in spreads],
                         ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
        for selector in (self.deployment["selector"]["matchLabels"],
                         self.objects["Service"]["spec"]["selector"],
                         self.objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                         self.objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
                         *(spread["labelSelector"]["matchLabels"] for spread in spreads)):
            self.assertEqual(selector, labels)

    def test_name_each_other(self):
        target = self.objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
        self.assertEqual((target["kind"], target["name"], target["apiVersion"]),
                         ("Deployment", self.objects["Deployment"]["metadata"]["name"], "apps/v1"))
        service = self.objects["Service"]["spec"]["ports"][0]
        self.assertIn(service["targetPort"], self.ports)
        for objects in self.built.values():
            for item in objects:
                if item["kind"] == "NetworkPolicy":
                    for rule in item["spec"]["ingress"]:
                        self.assertIn(rule["ports"][0]["port"], self.ports)
                if item["kind"] == "HTTPRoute":
                    self.assertEqual(item["spec"]["rules"][0]["backendRefs"],
                                     [{"name": self.objects["Service"]["metadata"]["name"],
                                       "port": service["port"]}])

    def test_open_the_ports_that_hellod_has(self):
        self.assertEqual(self.arguments["--listen"], f":{self.ports['http']}")
        self.assertEqual(self.arguments["--admin"], f":{self.ports['admin']}")
        self.assertGreaterEqual(self.ports["http"], 1024, "a user who is not root may not have it")

    def test_are_accepted_by_the_restricted_policy(self):
        """Of Kubernetes' Pod Security Standards."""
        pod, container = self.pod["securityContext"], self.container["securityContext"]
        self.assertIs(pod["runAsNonRoot"], True)
        self.assertNotEqual(pod["runAsUser"], 0)
        self.assertEqual(pod["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(container["allowPrivilegeEscalation"], False)
        self.assertIs(container["readOnlyRootFilesystem"], True)
        self.assertEqual(container["capabilities"], {"drop": ["ALL"]})

    def test_leave_time_to_end(self):
        """For what comes before SIGTERM, and what hellod does after it."""
        takes = (self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
                 + seconds(self.arguments["--shutdown-delay"])
                 + seconds(self.arguments["--shutdown-timeout"]))
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], takes)
        probe = self.container["readinessProbe"]
        self.assertGreater(seconds(self.arguments["--shutdown-delay"]),
                           probe["periodSeconds"] * probe["failureThreshold"],
                           "connections are refused before the 503 of /readyz counts")

    def test_start_a_hellod_that_passes_the_probes(self):
        arguments = self.arguments | {"--listen": "127.0.0.1:0", "--admin": "127.0.0.1:0"}
        with Daemon(*(f"{name}={value}" for name, value in arguments.items()), listen=None) as daemon:
            line = daemon.process.stderr.readline()
            admin = re.fullmatch(r"hellod: admin on (http://.*)\n", line)
            self.assertTrue(admin, f"{daemon.ready}{line}")
            for name in ("readinessProbe", "livenessProbe"):
                probe = self.container[name]["httpGet"]
                self.assertEqual(probe["port"], "admin")
                self.assertEqual(curl("-o", os.devnull, "-w", "%{http_code}", admin[1] + probe["path"]),
                                 b"200", probe)


if __name__ == "__main__":
    main("kubectl", "curl", *TOOLS)
