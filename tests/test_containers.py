"""deploy/ for containers: the image, the compose file and the manifests are closed as far as their papers say."""

import os
import re
import stat
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from portal.measures_server import check_measures
from portal.server import check_exposure
from portal.settings import Settings
from storage.addresses import read_address
from storage.certificates import FILES
from storage.objects.s3 import Bucket, S3Store

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


def services(file: str = "compose.yaml") -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / file).read_text("utf-8"))["services"]
    return found


SCALED = "compose.scaled.yaml"


@pytest.mark.parametrize(
    ("file", "name"),
    [*(("compose.yaml", name) for name in ("proxy", "portal", "objects", "identity"))]
    + [(SCALED, name) for name in ("portal", "second", "database")],
)
def test_each_service_is_closed_and_bounded(file: str, name: str) -> None:
    one = services(file)[name]
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["read_only"] is (name != "identity")
    assert one["ulimits"] == {"core": 0, "nofile": 8192}
    assert one["mem_limit"] == one["memswap_limit"], "keys in memory reach no swap"
    assert one["pids_limit"] > 0
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?name@sha256:\.\.\.\}", one["image"]), "no image without a digest"
    assert "privileged" not in one
    assert ("user" in one) is (name not in {"portal", "second"}), "the portal's image has its own"
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
    assert f"/srv/portal-tls/portal:{settings.tls_folder}:ro" in one["volumes"]
    assert not any("portal-tls/proxy" in volume for volume in one["volumes"])
    assert int(one["stop_grace_period"].removesuffix("s")) >= settings.ending_seconds + 20
    s3 = services()["objects"]["command"]
    assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1"} <= set(s3), "its other ports let everybody in"
    assert f"-s3.port={settings.s3_endpoint.rpartition(':')[2]}" in s3


def test_the_replicas_of_the_compose_file_share_database_bucket_and_keys_and_have_ports_of_their_own() -> None:
    there = services(SCALED)
    assert set(there) == {"proxy", "portal", "second", "database"}
    replicas = [there["portal"], there["second"]]
    given = [{**one["environment"], "PORTAL_ORIGIN": "https://portal.example.org"} for one in replicas]
    served = [named.pop("PORTAL_PORT") for named in given]
    assert given[0] == given[1]
    assert len(set(served)) == 2
    found = re.fullmatch(r"\$\{PORTAL_DATABASE:-(.*)\}", given[0]["PORTAL_DATABASE"])
    assert found
    read_address(found[1])
    for one, port in zip(replicas, served, strict=True):
        settings = Settings.load({**given[0], "PORTAL_PORT": port, "PORTAL_CONFIG": "/nowhere"})
        check_exposure(settings)
        assert settings.objects == "s3"
        assert one["healthcheck"]["test"] == ["CMD", "/opt/portal/bin/portal", "ready"]
        assert f"/srv/portal-tls/portal:{settings.tls_folder}:ro" in one["volumes"]
        assert int(one["stop_grace_period"].removesuffix("s")) >= settings.ending_seconds + 20
        assert any(volume.startswith("/srv/portal-keys:") for volume in one["volumes"])
    first, second = ({volume.split(":")[0] for volume in one["volumes"]} for one in replicas)
    assert first ^ second == {"/srv/portal/data", "/srv/portal/second"}
    assert "/srv/portal-keys:/var/lib/portal-keys:ro" in replicas[1]["volumes"], "one hand at most writes keys"
    assert "listen_addresses=127.0.0.1" in there["database"]["command"]
    assert "--auth-host=scram-sha-256" in there["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert services()["proxy"]["volumes"][-1] == "/srv/portal-tls/proxy:/etc/portal-tls/proxy:ro"
    assert there["proxy"]["volumes"] == ["./Caddyfile.scaled:/etc/caddy/Caddyfile:ro"]
    assert proxied("Caddyfile.scaled") == {f"https://127.0.0.1:{port}" for port in served}


# --- proxies before replicas --------------------------------------------------------------------------------------


def proxied(file: str) -> set[str]:
    """Give where a proxy leads, but for the numbers of the machine."""
    found = re.findall(r"^\s+reverse_proxy (.+) \{$", (DEPLOY / file).read_text("utf-8"), re.MULTILINE)
    found = [where for where in found if where != "https://127.0.0.1:9464"]
    assert len(found) == 1
    return set(found[0].split())


def directives(file: str) -> list[str]:
    lines = [line.strip() for line in (DEPLOY / file).read_text("utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("file", ["Caddyfile.scaled", "Caddyfile.balancer", "Caddyfile.replica"])
def test_each_proxy_before_replicas_is_as_closed_as_the_one_before_one(file: str) -> None:
    alone, here = directives("Caddyfile"), directives(file)
    kept = {"read_header 10s", "idle 2m", "max_header_size 32KiB", "protocols tls1.2 tls1.3", "header -Server"}
    kept |= {"curves x25519mlkem768 x25519 secp256r1", "header_down -Server", "respond @machine 404"}
    assert kept <= set(alone)
    assert kept <= set(here)
    words = {line.split()[0] for line in here}
    assert not words & {
        "request_buffers",
        "response_buffers",
        "encode",
        "log",
        "request_body",
        "tls_insecure_skip_verify",
    }
    assert sum(line.count("{") for line in here if "{upstream" not in line and "{host" not in line) == here.count("}")


def test_a_balancer_asks_replicas_whether_they_can_work_and_speaks_tls_to_other_machines() -> None:
    for file in ("Caddyfile.scaled", "Caddyfile.balancer"):
        assert "health_uri /readyz" in directives(file)
        assert "@machine path /healthz /readyz /metrics" in directives(file), "nobody from outside asks"
        assert len(proxied(file)) == 2
    assert all(where.startswith("https://") for where in proxied("Caddyfile.balancer"))
    assert all(
        where.startswith("https://127.0.0.1:") for where in proxied("Caddyfile.scaled") | proxied("Caddyfile.replica")
    )


def test_a_replicas_proxy_lets_its_balancer_in_alone_and_believes_it() -> None:
    said = directives("Caddyfile.replica")
    (balancer,) = [line.split()[-1] for line in said if line.startswith("trusted_proxies")]
    assert ip_network(balancer).subnet_of(ip_network("192.0.2.0/24"))
    assert f"@elsewhere not remote_ip {balancer}" in said
    assert "respond @elsewhere 404" in said
    assert "@machine path /healthz /metrics" in said, "the balancer asks for /readyz"
    assert "header_up Host portal.example.org" in said
    assert f'PORTAL_PROXIES="127.0.0.1 {balancer}"' in (DEPLOY / "Caddyfile.replica").read_text("utf-8")
    assert "https://" + next(line for line in said if line.startswith("one.")).split()[0] in proxied(
        "Caddyfile.balancer"
    )


# --- Kubernetes ---------------------------------------------------------------------------------------------------


ONE_POD = ("common", "portal", "hand")
REPLICAS = ("common", "scaled", "hand-scaled")
SHAPES = pytest.mark.parametrize("shape", [ONE_POD, REPLICAS], ids=["one pod", "replicas"])


def manifests(shape: tuple[str, ...] = ONE_POD) -> list[dict[str, Any]]:
    paths = [DEPLOY / "kubernetes" / f"{name}.yaml" for name in shape]
    return [one for path in paths for one in yaml.safe_load_all(path.read_text("utf-8"))]


def pods(shape: tuple[str, ...]) -> list[dict[str, Any]]:
    there = [one for one in manifests(shape) if _runs(one)]
    found = [one["spec"] if one["kind"] == "Pod" else one["spec"]["template"]["spec"] for one in there]
    assert len(found) == 2
    return found


def _runs(one: dict[str, Any]) -> bool:
    return one["kind"] in {"Pod", "StatefulSet", "Deployment"}


def test_every_manifest_is_of_a_shape() -> None:
    assert {path.stem for path in (DEPLOY / "kubernetes").iterdir()} == {*ONE_POD, *REPLICAS}


@SHAPES
def test_the_manifests_fit_the_schemas_of_kubernetes(shape: tuple[str, ...]) -> None:
    for one in manifests(shape):
        kubernetes_validate.validate(one, RELEASE, strict=True)
        assert one["metadata"].get("namespace", "portal") == "portal"


def test_a_manifest_with_a_wrong_word_would_be_found() -> None:
    one = next(one for one in manifests() if one["kind"] == "StatefulSet")
    one["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRoot"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(one, RELEASE, strict=True)


@SHAPES
def test_every_container_is_closed_and_bounded(shape: tuple[str, ...]) -> None:
    for pod in pods(shape):
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


def test_replicas_share_keys_that_one_hand_writes_and_are_exchanged_one_after_the_other() -> None:
    there = manifests(REPLICAS)
    deployment = next(one for one in there if one["kind"] == "Deployment")["spec"]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    claims = [one["spec"] for one in there if one["kind"] == "PersistentVolumeClaim"]
    assert all(one["accessModes"] == ["ReadWriteMany"] for one in claims)
    assert next(one for one in there if one["kind"] == "PodDisruptionBudget")["spec"]["minAvailable"] == 1
    spec = deployment["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] >= Settings().ending_seconds + 20
    hand = next(one for one in there if one["kind"] == "Pod")["spec"]["containers"][0]
    writes = [
        one["name"]
        for one in [*spec["initContainers"], *spec["containers"], hand]
        for mount in one["volumeMounts"]
        if mount["name"] == "keys" and not mount.get("readOnly")
    ]
    assert writes == ["hand"]
    portal = next(one for one in spec["containers"] if one["name"] == "portal")
    assert portal["readinessProbe"]["exec"]["command"] == ["/opt/portal/bin/portal", "ready"]
    owner = {"secretRef": {"name": "portal-owner"}}
    assert hand["envFrom"][-1] == owner, "the last one counts"
    assert owner not in portal["envFrom"]


def test_the_replicas_of_the_manifests_start_with_these_settings() -> None:
    given = next(one for one in manifests(REPLICAS) if one["kind"] == "ConfigMap")["data"]
    settings = Settings.load({**given, "PORTAL_METRICS_TOKEN": "x" * 32, "PORTAL_CONFIG": "/nowhere"})
    check_exposure(settings)
    check_measures(settings)
    assert set(given) <= {f"PORTAL_{name.upper()}" for name in settings.shown()}
    assert read_address(settings.database).query["sslmode"] == "verify-full"
    S3Store(Bucket(settings.s3_endpoint, settings.s3_bucket, "key", "secret"))
    alone = next(one for one in manifests() if one["kind"] == "ConfigMap")["data"]
    assert {name: given[name] for name in alone} == alone


def test_the_portal_of_the_manifests_starts_with_these_settings() -> None:
    given = next(one for one in manifests() if one["kind"] == "ConfigMap")["data"]
    given = {**given, "PORTAL_ORIGIN": given["PORTAL_ORIGIN"].lower(), "PORTAL_METRICS_TOKEN": "x" * 32}
    settings = Settings.load({**given, "PORTAL_CONFIG": "/nowhere"})
    check_exposure(settings)
    check_measures(settings)
    assert set(given) <= {f"PORTAL_{name.upper()}" for name in settings.shown()}
    folders = repr([pod.get("initContainers", pod["containers"])[0]["command"] for pod in pods(ONE_POD)])
    assert folders.count(str(settings.data)) == folders.count(str(settings.keys)) == 2
    policy = next(one for one in manifests() if one["kind"] == "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["podSelector"] == {}
    open_to_all = [port["port"] for rule in policy["ingress"] if "from" not in rule for port in rule["ports"]]
    assert open_to_all == [80, 443]


@SHAPES
def test_portal_and_proxy_of_a_pod_get_certificates_that_are_made_in_it(
    shape: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = next(pod for pod in pods(shape) if "initContainers" in pod)
    makes = next(one for one in serving["initContainers"] if one["name"] == "certificates")
    assert next(one for one in serving["volumes"] if one["name"] == "tls")["emptyDir"]["medium"] == "Memory"
    mounts = {one["name"]: one["volumeMounts"] for one in serving["containers"]}
    paths = {side: [one for one in mounts[side] if one["name"] == "tls"] for side in mounts}
    assert {side: [(one["subPath"], one["mountPath"]) for one in paths[side]] for side in paths} == {
        side: [(f"made/{side}", f"/etc/portal-tls/{side}")] for side in ("portal", "proxy")
    }
    code = makes["command"][-1].replace("/tls/", f"{tmp_path}/")
    code = code.replace('"/opt/portal/bin/portal"', f'"{sys.executable}", "-m", "portal"')
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    for _ in range(2):  # what makes a pod ready may run again
        subprocess.run([sys.executable, "-c", code], check=True)
    modes = {str(one.relative_to(tmp_path)): stat.S_IMODE(one.stat().st_mode) for one in tmp_path.rglob("*.pem")}
    assert modes == {f"made/portal/{name}": 0o600 for name in FILES} | {f"made/proxy/{name}": 0o640 for name in FILES}


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
