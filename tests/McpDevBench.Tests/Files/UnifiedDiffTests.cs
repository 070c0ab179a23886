using System.Diagnostics;
using System.Text;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

public sealed class UnifiedDiffTests
{
    [Fact]
    public void A_change_is_shown_with_its_context() => Assert.Equal(
        """
        --- /workspace/a
        +++ /workspace/a
        @@ -2,7 +2,7 @@
         2
         3
         4
        -5
        +five
         6
         7
         8

        """.ReplaceLineEndings("\n"), Diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"));

    [Fact]
    public void Every_diff_applied_with_patch_gives_the_new_text()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var old = Enumerable.Range(0, random.Next(0, 40)).Select(_ => $"line {random.Next(12)}").ToList();
            var changed = new List<string>(old);
            for (var edit = random.Next(1, 6); edit > 0; edit--)
            {
                var at = random.Next(changed.Count + 1);
                if (random.Next(2) == 0 || changed.Count == at)
                    changed.Insert(at, $"new {random.Next(100)}");
                else
                    changed.RemoveAt(at);
            }
            var before = string.Concat(old.Select(line => line + "\n"));
            var after = string.Concat(changed.Select(line => line + "\n")) + (random.Next(3) == 0 ? "no newline" : "");
            File.WriteAllText(folder["file"], before);
            File.WriteAllText(folder["diff"], Diff(before, after));
            using var patch = Process.Start(new ProcessStartInfo("patch", ["--quiet", folder["file"], folder["diff"]]) { RedirectStandardOutput = true })!;
            var said = patch.StandardOutput.ReadToEnd();
            patch.WaitForExit();
            Assert.True(before == after || patch.ExitCode == 0, said + File.ReadAllText(folder["diff"]));
            Assert.Equal(after, File.Exists(folder["file"]) ? File.ReadAllText(folder["file"]) : "");
        }
    }

    [Fact]
    public void Nothing_changed_is_an_empty_diff() => Assert.DoesNotContain("@@", Diff("a\n", "a\n"), StringComparison.Ordinal);

    private static string Diff(string before, string after) => UnifiedDiff.Of("/workspace/a", Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after));
}
