#!/usr/bin/env python3
"""What README.md and docs/ show is so: commands print what is printed there, paths exist, policies draw no warning about a value.

    documents_test.py BIN_DIR       (what ctest calls)

Commands are read as a reader copies them: in the order of the page, in one shell, at the top of the checkout.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[3]
BIN = sys.argv.pop(1) if len(sys.argv) > 1 else str(TOP / "build" / "bin")
PAGES = [TOP / "README.md", TOP / "helm" / "fairlead" / "README.md", *sorted((TOP / "docs").glob("*.md"))]
# Findings about a text by itself, whatever else is in the cluster: it cannot be read, is doubtful, is no kind.
OF_THE_TEXT = {"FL001", "FL028", "FL030", "FL031"}


def blocks(page, *languages):
    return re.findall(rf"(?ms)^```(?:{'|'.join(languages)})\n(.*?)^```", page.read_text())


def shell(script, folder):
    env = {**os.environ, "PATH": f"{pathlib.Path(BIN).resolve()}:{os.environ['PATH']}", "KUBECONFIG": "/dev/null"}
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=120)


class DocumentsTest(unittest.TestCase):
    maxDiff = None

    def test_the_commands_without_a_cluster_print_what_is_shown(self):
        section = re.search(r"(?ms)^### 1\. .*?^### 2\. ", (TOP / "README.md").read_text()).group(0)
        commands, shown = [], []
        for block in re.findall(r"(?ms)^```console\n(.*?)^```", section):
            for command, output in re.findall(r"(?m)^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block):
                commands.append(command)
                shown.append(output)
        self.assertGreater(len(commands), 5)
        self.assertFalse([command for command in commands if re.search(r"\b(cd|kubectl|make)\b", command)])
        with tempfile.TemporaryDirectory() as folder:  # in it the checkout, so that what is written is not in ours
            os.symlink(TOP / "config", f"{folder}/config")
            os.mkdir(f"{folder}/build")
            ran = shell("exec 2>&1\n" + "".join(f"{command}\nprintf '\\0'\n" for command in commands), folder)
            printed = ran.stdout.split("\0")
            self.assertTrue(pathlib.Path(folder, "build", "mesh.html").read_text().startswith("<!"))
        self.assertEqual(printed[-1], "")
        for command, wanted, got in zip(commands, shown, printed):
            with self.subTest(command):
                self.assertEqual(sorted(got.splitlines()) if "lint" in command else got,
                                 sorted(wanted.splitlines()) if "lint" in command else wanted)

    def test_paths_are_those_of_the_checkout(self):
        found = 0
        for page in PAGES:
            for path in re.findall(r"(?<![\w./$-])(?:config|helm|tools)/[\w./-]*\w", "".join(blocks(page, "sh", "console", "text"))):
                with self.subTest(f"{page.name}: {path}"):
                    self.assertTrue((TOP / path).exists())
                    found += 1
        self.assertGreater(found, 5)

    def test_policies_that_are_shown_draw_no_warning_of_a_value(self):
        found = 0
        for page in PAGES:
            for text in blocks(page, "yaml"):
                if "apiVersion: fairlead.dev/" not in text:
                    continue
                found += 1
                with tempfile.TemporaryDirectory() as folder:
                    pathlib.Path(folder, "shown.yaml").write_text(text)
                    ran = shell("fairleadctl lint -o json -f shown.yaml", folder)
                with self.subTest(f"{page.name}: {text[:120]}"):
                    self.assertIn(ran.returncode, (0, 1), ran.stderr)
                    doubts = [finding for finding in json.loads(ran.stdout) if finding["code"] in OF_THE_TEXT]
                    self.assertEqual(doubts, [])
        self.assertGreater(found, 5)


if __name__ == "__main__":
    unittest.main()
