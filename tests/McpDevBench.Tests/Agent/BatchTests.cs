using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>All steps or none.</summary>
public sealed partial class BatchTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public BatchTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    private static (BatchStep, string) Step(
        BatchVerb verb, string path, string target = "", string content = "", uint mode = 0, bool parents = false, bool recursive = false,
        bool overwrite = false, ulong? ifMatch = null, bool ifNoneMatch = false, params TextEdit[] edits)
        => (new BatchStep(verb, Bytes(path), Bytes(target), (ulong)Bytes(content).Length, mode, parents, recursive, overwrite, ifMatch,
            ifNoneMatch, edits), content);

    private static TextEdit Edit(string old, string @new, bool all = false) => new(Bytes(old), Bytes(@new), all);

    private static (BatchStep, string)[] EveryVerb() =>
    [
        Step(BatchVerb.Read, "a"),
        Step(BatchVerb.Write, "a", content: "new a"),
        Step(BatchVerb.Write, "deep/er/b", content: "b", parents: true, mode: 0x180),
        Step(BatchVerb.Edit, "c", edits: [Edit("one", "1"), Edit("x", "yy", all: true)]),
        Step(BatchVerb.Delete, "d"),
        Step(BatchVerb.Delete, "tree", recursive: true),
        Step(BatchVerb.Move, "e", "moved/e", parents: true),
        Step(BatchVerb.Move, "dir", "renamed"),
        Step(BatchVerb.Write, "renamed/inside", content: "later steps see earlier ones"),
        Step(BatchVerb.Copy, "renamed", "copy", recursive: true),
        Step(BatchVerb.Copy, "a", "f", overwrite: true),
        Step(BatchVerb.Move, "g", "h", overwrite: true),
        Step(BatchVerb.MakeDirectory, "made/dirs", parents: true, mode: 0x1c0),
        Step(BatchVerb.Delete, "renamed/sub/deepest"),
        Step(BatchVerb.Delete, "renamed/sub"),
        Step(BatchVerb.Write, "d", content: "back again"),
    ];

    [Fact]
    public void Reads_beyond_the_bound_are_cut_and_the_entry_has_the_whole_size()
    {
        File.WriteAllText(_agent["large"], new string('x', 400_000));
        var response = _client.Batch(Step(BatchVerb.Read, "large"), Step(BatchVerb.Read, "large"), Step(BatchVerb.Read, "large"));
        Assert.Equal(-1, response.FailedStep);
        Assert.Equal([400_000, (512 << 10) - 400_000, 0], response.Results.Select(result => result.Content.Length));
        Assert.All(response.Results, result => Assert.Equal(400_000L, (long)result.Entry!.Size));
    }

    [Fact]
    public void A_copy_counts_what_it_has_copied()
    {
        Prepare();
        var copied = _client.Batch(Step(BatchVerb.Copy, "dir", "copy", recursive: true), Step(BatchVerb.Copy, "e", "e2")).Results;
        // dir, dir/inside, dir/link, dir/sub, dir/sub/deepest
        Assert.Equal([(5u, 2UL), (1u, 2UL)], copied.Select(result => (result.Entries, result.Bytes)));
    }

    private void Prepare()
    {
        Directory.CreateDirectory(_agent["dir/sub"]);
        Directory.CreateDirectory(_agent["tree/of/things"]);
        foreach (var (path, text) in new[] { ("a", "old a"), ("c", "one x x"), ("d", "dd"), ("e", "ee"), ("f", "ff"), ("g", "gg"),
            ("h", "hh"), ("dir/inside", "i"), ("dir/sub/deepest", "z"), ("tree/of/things/t", "t") })
            File.WriteAllText(_agent[path], text);
        File.SetUnixFileMode(_agent["c"], (UnixFileMode)0x1e8);
        File.CreateSymbolicLink(_agent["dir/link"], "../a");
    }

    /// <summary>Names, kinds, modes, contents and link targets of everything, hidden files included.</summary>
    private string Picture()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.EnumerateFileSystemEntries(_agent.Workspace, "*",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Order(StringComparer.Ordinal))
        {
            var file = new FileInfo(path);
            var what = file.LinkTarget ?? (Directory.Exists(path) ? "directory" : File.ReadAllText(path));
            text.AppendLine($"{Path.GetRelativePath(_agent.Workspace, path)} {file.UnixFileMode} {what}");
        }
        return text.ToString();
    }

    [Fact]
    public void Every_verb_does_what_it_says()
    {
        Prepare();
        var response = _client.Batch(EveryVerb());
        Assert.Equal((-1, ""), (response.FailedStep, response.Error));
        Assert.Equal("old a", Encoding.UTF8.GetString(response.Results[0].Content));
        Assert.Equal(3, response.Results[3].Replacements);
        Assert.Null(response.Results[4].Entry);
        Assert.Equal("moved/e", Encoding.UTF8.GetString(response.Results[6].Entry!.Path));
        Assert.Equal(
            ["a", "c", "copy", "copy/inside", "copy/link", "copy/sub", "copy/sub/deepest", "d", "deep", "deep/er", "deep/er/b", "f", "h",
                "made", "made/dirs", "moved", "moved/e", "renamed", "renamed/inside", "renamed/link"],
            _client.List("", recursive: true).Paths());
        Assert.Equal("1 yy yy", File.ReadAllText(_agent["c"]));
        Assert.Equal(0x1e8u, _client.Stat("c").Mode);
        Assert.Equal(0x180u, _client.Stat("deep/er/b").Mode);
        Assert.Equal(0x1c0u, _client.Stat("made/dirs").Mode);
        Assert.Equal("new a", File.ReadAllText(_agent["f"]));
        Assert.Equal("gg", File.ReadAllText(_agent["h"]));
        Assert.Equal("back again", File.ReadAllText(_agent["d"]));
        Assert.Equal(response.Results[15].Entry!.Etag, _client.Stat("d").Etag);
        Assert.DoesNotContain(".devbench-tmp", Picture(), StringComparison.Ordinal);
    }

    public static TheoryData<int, string> Failures()
    {
        var data = new TheoryData<int, string>();
        for (var k = 0; k <= 16; k++)
        {
            data.Add(k, "missing");
            data.Add(k, "conflict");
            data.Add(k, "edit");
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_failure_at_any_step_leaves_everything_as_it_was(int k, string how)
    {
        Prepare();
        var untouched = _client.Stat("h").Etag;
        var before = Picture();
        // Wrong only when it is its turn: what it needs is the business of the step before, so no precondition can tell.
        var failing = how switch
        {
            "missing" => Step(BatchVerb.Delete, "dir/no/such"),
            "conflict" => Step(BatchVerb.Write, "a", content: "x", ifMatch: 1),
            _ => Step(BatchVerb.Edit, "c", edits: [Edit("no such text", "")]),
        };
        var steps = EveryVerb().ToList();
        steps.Insert(k, failing);
        var response = _client.Batch([.. steps]);
        Assert.Equal(k, response.FailedStep);
        Assert.NotEqual(AgentStatus.Ok, response.Status);
        Assert.Empty(response.Results);
        Assert.DoesNotContain("undone", response.Error, StringComparison.Ordinal);
        Assert.Equal(before, Picture());
        if (k < 12)
            Assert.Equal(untouched, _client.Stat("h").Etag);
    }

    [Fact]
    public void A_batch_that_cannot_succeed_touches_nothing()
    {
        Prepare();
        var etag = _client.Stat("a").Etag;
        var response = _client.Batch(Step(BatchVerb.Write, "a", content: "x"), Step(BatchVerb.Read, "missing"));
        Assert.Equal((1, AgentStatus.NotFound), (response.FailedStep, response.Status));
        Assert.Equal(etag, _client.Stat("a").Etag);
    }

    [Theory]
    [InlineData(BatchVerb.Move, "dir", "dir/sub/dir", AgentStatus.Invalid)]
    [InlineData(BatchVerb.Copy, "dir", "dir/sub/dir", AgentStatus.Invalid)]
    [InlineData(BatchVerb.Move, "a", "a", AgentStatus.Invalid)]
    [InlineData(BatchVerb.Move, "a", "dir", AgentStatus.IsADirectory)]
    [InlineData(BatchVerb.Move, "a", "../out", AgentStatus.PathDenied)]
    [InlineData(BatchVerb.Copy, "a", "/tmp/out", AgentStatus.PathDenied)]
    [InlineData(BatchVerb.Delete, "", "", AgentStatus.PathDenied)]
    [InlineData(BatchVerb.Write, "dir", "", AgentStatus.IsADirectory)]
    [InlineData((BatchVerb)99, "a", "", AgentStatus.Invalid)]
    public void An_impossible_step_is_an_error(BatchVerb verb, string path, string target, AgentStatus status)
    {
        Prepare();
        var before = Picture();
        var response = _client.Batch(Step(verb, path, target, overwrite: true, recursive: true));
        Assert.Equal((0, status), (response.FailedStep, response.Status));
        Assert.Equal(before, Picture());
    }

    [Fact]
    public void Without_overwrite_and_recursive_nothing_is_lost()
    {
        Prepare();
        Assert.Equal(AgentStatus.Conflict, _client.Batch(Step(BatchVerb.Move, "a", "c")).Status);
        Assert.Equal(AgentStatus.Conflict, _client.Batch(Step(BatchVerb.Copy, "a", "c")).Status);
        Assert.Equal(AgentStatus.NotADirectory, _client.Batch(Step(BatchVerb.Move, "dir", "c", overwrite: true)).Status);
        Assert.Equal(AgentStatus.NotEmpty, _client.Batch(Step(BatchVerb.Delete, "dir")).Status);
        Assert.Equal(AgentStatus.Conflict, _client.Batch(Step(BatchVerb.MakeDirectory, "dir")).Status);
        Assert.Equal(-1, _client.Batch(Step(BatchVerb.MakeDirectory, "dir", parents: true)).FailedStep);
    }

    [Fact]
    public void An_edit_that_fails_says_where_and_one_that_succeeds_keeps_the_line_ends()
    {
        File.WriteAllText(_agent["a.c"], "int total = 1;\r\nreturn total;\r\n");
        var missing = _client.Batch(Step(BatchVerb.Edit, "a.c", edits: [Edit("int totals = 1;", "")]));
        Assert.Equal((0, AgentStatus.Invalid), (missing.FailedStep, missing.Status));
        Assert.Equal("edits[0].old_text does not occur in a.c. It is nearest to line 1: «int total = 1;».", missing.Error);
        Assert.Contains(
            "at lines 1, 2.", _client.Batch(Step(BatchVerb.Edit, "a.c", edits: [Edit("total", "sum")])).Error, StringComparison.Ordinal);
        Assert.Equal(
            -1, _client.Batch(Step(BatchVerb.Edit, "a.c", edits: [Edit("total = 1;\nreturn", "total = 2;\n\nreturn")])).FailedStep);
        Assert.Equal("int total = 2;\r\n\r\nreturn total;\r\n", File.ReadAllText(_agent["a.c"]));
    }

    [Fact]
    public void Content_that_does_not_fit_the_steps_is_an_error()
    {
        var step = Step(BatchVerb.Write, "w", content: "four").Item1;
        var tooShort = _client.Begin(Opcode.Batch, new BatchRequest([step]).Write).Upload(Bytes("abc"));
        Assert.Equal(AgentStatus.Invalid, tooShort.Status());
        var tooLong = _client.Begin(Opcode.Batch, new BatchRequest([step]).Write).Upload(Bytes("abcde"));
        Assert.Equal(AgentStatus.Invalid, tooLong.Status());
        var tooMuch = _client.Begin(Opcode.Batch, new BatchRequest([step with { ContentLength = 65 << 20 }]).Write).Upload([]);
        Assert.Equal(AgentStatus.TooLarge, tooMuch.Status());
        Assert.Empty(_client.List("").Entries);
    }

    [Fact]
    public void Limits_are_reported()
    {
        File.WriteAllText(_agent["many"], new string('a', 1_000_000));
        Assert.Equal(AgentStatus.TooLarge, _client.Batch(Step(BatchVerb.Edit, "many",
            edits: [Edit("a", new string('b', 10_000), all: true)])).Status);
        Assert.Equal(AgentStatus.TooLarge, _client.Begin(Opcode.Batch,
            new BatchRequest([.. Enumerable.Repeat(Step(BatchVerb.Read, "x").Item1, 513)]).Write).Status());
        var files = Enumerable.Range(0, 500).Select(i => Step(BatchVerb.Write, $"d{i}/f", content: $"{i}", parents: true)).ToArray();
        Assert.Equal(-1, _client.Batch(files).FailedStep);
        Assert.Equal(501, _client.List("").Entries.Count);
    }
}
