#!/usr/bin/env python3
"""The image of tools/image: it is a sound OCI archive, the same for the same input, and its programs run in it alone.

    image_test.py BIN_DIR       (what ctest calls)
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
BIN = sys.argv.pop(1) if len(sys.argv) > 1 else str(TOP / "build" / "release" / "bin")
# In its own mount namespace, so that nothing stays mounted; the sanitizers of a test build look into /proc.
ENTER = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--mount", "sh", "-c",
         'mount --rbind /proc "$0/proc" && root=$0 && exec chroot $CHROOT_USER "$root" "$@"']


def enter(root, *command):
    """Runs a command with the folder as its root; as the image's user where that is possible."""
    user = "--userspec=65532:65532" if os.geteuid() == 0 else ""
    env = {"PATH": os.environ["PATH"], "CHROOT_USER": user, "ASAN_OPTIONS": "detect_leaks=0"}
    return subprocess.run([*ENTER, root, *command], env=env, capture_output=True, text=True, timeout=120)


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = os.path.join(cls.folder.name, "root")
        cls.archive, cls.said = cls.make("a.tar")
        with tarfile.open(cls.archive) as archive:
            cls.files = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
        for layer in cls.manifest()["layers"]:
            with tarfile.open(fileobj=io.BytesIO(cls.blob(layer))) as archive:
                archive.extractall(cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def make(cls, name):
        path = os.path.join(cls.folder.name, name)
        done = subprocess.run([TOP / "tools" / "image", "--bin", BIN, "--out", path, "--name", "fairlead-operator:test"],
                              check=True, stdout=subprocess.PIPE, text=True)
        return path, done.stdout.strip()

    @classmethod
    def blob(cls, descriptor):
        """The bytes of a descriptor, which must be those that it promises."""
        data = cls.files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"], descriptor
        assert len(data) == descriptor["size"], descriptor
        return data

    @classmethod
    def manifest(cls):
        return json.loads(cls.blob(json.loads(cls.files["index.json"])["manifests"][0]))

    def test_the_same_input_gives_the_same_bytes(self):
        again, said = self.make("b.tar")
        self.assertEqual(said, self.said)
        self.assertEqual(pathlib.Path(again).read_bytes(), pathlib.Path(self.archive).read_bytes())

    def test_the_layout_is_whole(self):
        self.assertEqual(json.loads(self.files["oci-layout"]), {"imageLayoutVersion": "1.0.0"})
        (descriptor,) = json.loads(self.files["index.json"])["manifests"]
        self.assertEqual(self.said, "fairlead-operator:test@" + descriptor["digest"])
        manifest = self.manifest()
        config = json.loads(self.blob(manifest["config"]))
        self.assertEqual(config["config"]["User"], "65532:65532")
        self.assertEqual(config["config"]["Entrypoint"], ["/usr/bin/fairlead-operator"])
        unpacked = [gzip.decompress(self.blob(layer)) for layer in manifest["layers"]]
        self.assertEqual(config["rootfs"]["diff_ids"],
                         ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in unpacked])
        known = {"oci-layout", "index.json", "manifest.json"}
        blobs = {"blobs/" + part["digest"].replace(":", "/") for part in [descriptor, manifest["config"], *manifest["layers"]]}
        self.assertEqual(set(self.files), known | blobs)
        (docker,) = json.loads(self.files["manifest.json"])
        self.assertEqual(docker["RepoTags"], ["fairlead-operator:test"])
        self.assertLessEqual({docker["Config"], *docker["Layers"]}, blobs)

    def test_entries_belong_to_root_and_nobody_may_write_them(self):
        for layer in self.manifest()["layers"]:
            with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as archive:
                names = archive.getnames()
                self.assertEqual(names, sorted(set(names)))
                for entry in archive:
                    self.assertEqual((entry.uid, entry.gid, entry.mtime), (0, 0, 0), entry.name)
                    if entry.name != "tmp" and not entry.issym():
                        self.assertEqual(entry.mode & 0o7022, 0, entry.name)

    def test_it_holds_what_is_needed_and_no_more(self):
        programs = sorted(os.listdir(os.path.join(self.root, "usr", "bin")))
        self.assertEqual(programs, ["fairlead-operator", "fairleadctl"])
        self.assertIn("BEGIN CERTIFICATE", pathlib.Path(self.root, "etc/ssl/certs/ca-certificates.crt").read_text())
        self.assertIn("nonroot:x:65532:65532:", pathlib.Path(self.root, "etc/passwd").read_text())
        for package in ("libc6", "libssl3", "ca-certificates"):
            self.assertIn(f"Package: {package}\n", pathlib.Path(self.root, "var/lib/dpkg/status.d", package).read_text())

    def test_its_programs_run_in_it_alone(self):
        tried = enter(self.root, "/usr/bin/fairleadctl", "--version")
        if any(reason in tried.stderr for reason in ("unshare failed", "unshare:", "mount:")):
            self.skipTest("this machine lets nobody make a mount namespace: " + tried.stderr.strip())
        self.assertEqual((tried.returncode, tried.stderr), (0, ""))
        version = enter(self.root, "/usr/bin/fairlead-operator", "--version")
        self.assertEqual(version.returncode, 0, version.stderr)
        self.assertRegex(version.stdout, r"^fairlead-operator [0-9.]+\n$")
        usage = enter(self.root, "/usr/bin/fairlead-operator", "--help")
        self.assertIn("--xds-bind-address", usage.stdout)
        # Further than the command line: it looks for a cluster.
        lost = enter(self.root, "/usr/bin/fairlead-operator", "--kubeconfig=/nowhere")
        self.assertEqual(lost.returncode, 1, lost.stderr)
        self.assertIn("/nowhere", lost.stderr)


if __name__ == "__main__":
    unittest.main()
