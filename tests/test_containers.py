"""deploy/ for containers: the image, the compose file and the manifests are closed as far as their papers say."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from portal.measures_server import check_measures
from portal.server import check_exposure
from portal.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
RELEASE = "1.37"  # of Kubernetes, whose schemas the manifests are held against
ACCOUNT = 10001

pytestmark = pytest.mark.checkout


def container_lines() -> list[str]:
    """Give the instructions of the image's file, each on one line."""
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    whole = re.sub(r"\\\n\s*", "", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [line for line in whole.splitlines() if line]


# --- the image ----------------------------------------------------------------------------------------------------


def test_the_image_stands_on_what_is_pinned() -> None:
    lines = container_lines()
    assert lines[0] == "ARG BASE", "without a default: a name alone may mean another image tomorrow"
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"${BASE}"}
    assert any("*@sha256:*" in line and "exit 1" in line for line in lines)
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--only-binary :all:" in installs[0]
    assert "--no-deps --no-index" in installs[1]
    assert not any("curl" in line or "wget" in line or line.startswith("ADD ") for line in lines)


def test_the_image_runs_as_nobody_with_nothing_but_what_it_needs() -> None:
    lines = container_lines()
    last = lines[max(at for at, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert f"USER {ACCOUNT}:{ACCOUNT}" in last
    assert not any(line.startswith(("USER root", "USER 0")) for line in last)
    copied = [line for line in last if line.startswith("COPY ")]
    assert copied == ["COPY --from=made /opt/portal /opt/portal"]
    assert any("pip uninstall --yes pip setuptools" in line for line in lines)
    assert not any("PORTAL_S3" in line or "SECRET" in line or "TOKEN" in line for line in lines)
    kept = (ROOT / ".containerignore").read_text("utf-8").splitlines()
    assert [line for line in kept if not line.startswith("#")] == [
        "*",
        "!dist/review_portal-*.whl",
        "!requirements.txt",
    ]


# --- compose ------------------------------------------------------------------------------------------------------


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    return found


@pytest.mark.parametrize("name", ["proxy", "portal", "objects", "identity"])
def test_each_service_is_closed_and_bounded(name: str) -> None:
    one = services()[name]
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is (name != "identity")
    assert one["ulimits"] == {"core": 0, "nofile": 8192}
    assert one["mem_limit"] == one["memswap_limit"], "keys in memory reach no swap"
    assert one["pids_limit"] > 0
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?name@sha256:\.\.\.\}", one["image"]), "no image without a digest"
    assert "privileged" not in one
    assert ("user" in one) is (name != "portal"), "the portal's image has its own"
    assert ("ports" in one) is (name == "proxy")
    assert one.get("network_mode", "") == ("" if name == "proxy" else "service:proxy")
    assert not any("docker.sock" in volume for volume in one["volumes"])


def test_the_portal_of_the_compose_file_starts_with_these_settings() -> None:
    one = services()["portal"]
    given = {**one["environment"], "PORTAL_ORIGIN": "https://portal.example.org", "PORTAL_CONFIG": "/nowhere"}
    settings = Settings.load(given)
    check_exposure(settings)
    known = {f"PORTAL_{name.upper()}" for name in settings.shown()} | {"PORTAL_CONFIG"}
    assert set(given) <= known
    assert "/srv/portal-keys:/var/lib/portal-keys:${KEYS_MODE:-ro}" in one["volumes"]
    assert int(one["stop_grace_period"].removesuffix("s")) >= settings.ending_seconds + 20
    s3 = services()["objects"]["command"]
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1"} <= set(s3), "its other ports let everybody in"
    assert f"-s3.port={settings.s3_endpoint.rpartition(':')[2]}" in s3


# --- Kubernetes ---------------------------------------------------------------------------------------------------


def manifests() -> list[dict[str, Any]]:
    paths = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    assert len(paths) == 2
    return [one for path in paths for one in yaml.safe_load_all(path.read_text("utf-8"))]


def pods() -> list[dict[str, Any]]:
    found = [
        one["spec"] if one["kind"] == "Pod" else one["spec"]["template"]["spec"] for one in manifests() if _runs(one)
    ]
    assert len(found) == 2
    return found


def _runs(one: dict[str, Any]) -> bool:
    return one["kind"] in {"Pod", "StatefulSet"}


def test_the_manifests_fit_the_schemas_of_kubernetes() -> None:
    for one in manifests():
        kubernetes_validate.validate(one, RELEASE, strict=True)
        assert one["metadata"].get("namespace", "portal") == "portal"


def test_a_manifest_with_a_wrong_word_would_be_found() -> None:
    one = next(one for one in manifests() if one["kind"] == "StatefulSet")
    one["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRoot"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, RELEASE, strict=True)


def test_every_container_is_closed_and_bounded() -> None:
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
        assert not any("hostPath" in volume for volume in pod["volumes"])
        for one in [*pod.get("initContainers", []), *pod["containers"]]:
            closed = one["securityContext"]
            assert closed["allowPrivilegeEscalation"] is False
            assert closed["readOnlyRootFilesystem"] is True
            assert closed["capabilities"]["drop"] == ["ALL"]
            assert closed["capabilities"].get("add", []) in ([], ["NET_BIND_SERVICE"])
            assert closed["runAsUser"] > 0
            assert {"cpu", "memory"} <= set(one["resources"]["limits"])
            assert re.search(r"@sha256:[0-9a-f]{64}$", one["image"]), one["image"]


def test_the_service_reads_keys_and_writes_none_and_one_process_has_the_database() -> None:
    stateful = next(one for one in manifests() if one["kind"] == "StatefulSet")["spec"]
    assert stateful["replicas"] == 1
    portal = next(one for one in stateful["template"]["spec"]["containers"] if one["name"] == "portal")
    mounts = {one["name"]: one for one in portal["volumeMounts"]}
    assert mounts["keys"]["readOnly"] is True
    claims = [one["spec"] for one in manifests() if one["kind"] == "PersistentVolumeClaim"]
    assert all(one["accessModes"] == ["ReadWriteOncePod"] for one in claims)
    wait = stateful["template"]["spec"]["terminationGracePeriodSeconds"]
    assert wait >= Settings().ending_seconds + 20


def test_the_portal_of_the_manifests_starts_with_these_settings() -> None:
    given = next(one for one in manifests() if one["kind"] == "ConfigMap")["data"]
    given = {**given, "PORTAL_ORIGIN": given["PORTAL_ORIGIN"].lower(), "PORTAL_METRICS_TOKEN": "x" * 32}
    settings = Settings.load({**given, "PORTAL_CONFIG": "/nowhere"})
    check_exposure(settings)
    check_measures(settings)
    assert set(given) <= {f"PORTAL_{name.upper()}" for name in settings.shown()}
    folders = repr([pod.get("initContainers", pod["containers"])[0]["command"] for pod in pods()])
    assert folders.count(str(settings.data)) == folders.count(str(settings.keys)) == 2
    policy = next(one for one in manifests() if one["kind"] == "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["podSelector"] == {}
    open_to_all = [port["port"] for rule in policy["ingress"] if "from" not in rule for port in rule["ports"]]
    assert open_to_all == [80, 443]


def test_what_leaves_the_pod_goes_to_what_the_settings_name() -> None:
    egress = next(one for one in manifests() if one["kind"] == "NetworkPolicy")["spec"]["egress"]
    anywhere = [port["port"] for rule in egress if "to" not in rule for port in rule["ports"]]
    assert anywhere == [443]
    named: dict[int, list[str]] = {}
    for rule in egress:
        for port in rule["ports"]:
            named.setdefault(port["port"], []).extend(
                to["ipBlock"]["cidr"] for to in rule.get("to", []) if "ipBlock" in to
            )
    documentation = ip_network("192.0.2.0/24")  # an address of somebody's would be let through by who changes nothing
    for port in (Settings().smtp_port, 5432, 4318):
        assert named[port], port
        assert all(ip_network(cidr).subnet_of(documentation) for cidr in named[port])
