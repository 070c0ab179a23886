using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
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
            using var patch = Process.Start(
                new ProcessStartInfo("patch", ["--quiet", folder["file"], folder["diff"]]) { RedirectStandardOutput = true })!;
            var said = patch.StandardOutput.ReadToEnd();
            patch.WaitForExit();
            Assert.True(before == after || patch.ExitCode == 0, said + File.ReadAllText(folder["diff"]));
            Assert.Equal(after, File.Exists(folder["file"]) ? File.ReadAllText(folder["file"]) : "");
        }
    }

    [Fact]
    public void A_diff_that_is_cut_names_the_line_from_which_the_rest_can_be_read()
    {
        var after = string.Concat(Enumerable.Range(1, 40_000).Select(n => $"line {n}\n"));
        var diff = Diff("old\n", after);
        var last = diff.Split('\n')[^3];
        var line = Regex.Match(diff, @"characters left out: fs_read with line=(\d+) shows the file from there on …\n$").Groups[1].Value;
        Assert.StartsWith(last, $"+line {line}", StringComparison.Ordinal);
        var planned = UnifiedDiff.Of("/workspace/a", "old\n"u8.ToArray(), Encoding.UTF8.GetBytes(after), isDone: false);
        Assert.Contains("characters left out: nothing was changed yet", planned, StringComparison.Ordinal);
        Assert.StartsWith("--- /workspace/a\\x0Ab\n", UnifiedDiff.Of("/workspace/a\nb", [], "x"u8.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\u0001")]
    [InlineData("\u0085")]
    [InlineData("\\")]
    [InlineData("文")]
    public void A_diff_is_bounded_as_JSON(string text)
    {
        var line = string.Concat(Enumerable.Repeat(text, 30)) + "\n";
        var diff = Diff("old\n", string.Concat(Enumerable.Repeat(line, 2_000)));
        Assert.InRange(JsonSize.Of(diff), 8_000, (16_000 / 4 * 5) + 200);
    }

    [Fact]
    public void Nothing_changed_is_an_empty_diff() => Assert.DoesNotContain("@@", Diff("a\n", "a\n"), StringComparison.Ordinal);

    private static string Diff(string before, string after) =>
        UnifiedDiff.Of("/workspace/a", Encoding.UTF8.GetBytes(before), Encoding.UTF8.GetBytes(after));
}
