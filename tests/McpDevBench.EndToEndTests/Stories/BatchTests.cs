using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A batch is done whole, or it never was.</summary>
public sealed class BatchTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    // One of each kind, and each on something else: a step's undoing cannot hide behind another's.
    private static readonly string[] _steps =
    [
        """{"op": "mkdir", "path": "made/deep"}""",
        """{"op": "write", "path": "new/file.txt", "content": "new"}""",
        """{"op": "write", "path": "old.txt", "content": "overwritten", "mode": "600"}""",
        """{"op": "edit", "path": "code.txt", "edits": [{"old_text": "a = 1", "new_text": "a = 2"}]}""",
        """{"op": "move", "path": "moving.txt", "target": "moved/away.txt"}""",
        """{"op": "copy", "path": "copied.txt", "target": "copy.txt"}""",
        """{"op": "delete", "path": "doomed.txt"}""",
        """{"op": "delete", "path": "tree", "recursive": true}""",
        """{"op": "move", "path": "folder", "target": "moved-folder"}""",
        """{"op": "read", "path": "old.txt"}""",
    ];

    // What cannot be done: some of it can be known beforehand, some only when it is tried.
    private static readonly Dictionary<string, string> _failures = new()
    {
        ["a missing file"] = """{"op": "delete", "path": "missing.txt"}""",
        ["a stale etag"] = """{"op": "write", "path": "copied.txt", "content": "x", "if_match": "stale"}""",
        ["a missing text"] = """{"op": "edit", "path": "moving2.txt", "edits": [{"old_text": "nowhere", "new_text": "x"}]}""",
        ["a folder that may not be written"] = """{"op": "write", "path": "locked/file.txt", "content": "x"}""",
        ["a file where a folder should be"] = """{"op": "write", "path": "doomed2.txt/file.txt", "content": "x"}""",
        ["a path outside"] = """{"op": "write", "path": "../outside.txt", "content": "x"}""",
        ["an occupied target"] = """{"op": "move", "path": "moving2.txt", "target": "copied.txt"}""",
    };

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var failure in _failures.Keys)
        {
            for (var step = 0; step <= _steps.Length; step++)
                cases.Add(failure, step);
        }
        return cases;
    }

    [Fact]
    public async Task Each_change_on_a_stale_etag_names_the_etag_that_is_there()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("f", "before");
        var stale = (await workspace.Stat("f")).Etag;
        await workspace.Write("f", "after");
        var etag = (await workspace.Stat("f")).Etag;
        var operation = new JsonObject { ["op"] = "write", ["path"] = "f", ["content"] = "x", ["if_match"] = stale };
        (string, JsonNode?)[] file = [("container_id", workspace.Id), ("path", "f"), ("if_match", stale)];
        Func<Task>[] changes =
        [
            () => workspace.Batch([operation]),
            () => assistant.Call("fs_write", [.. file, ("content", "x")]),
            () => assistant.Call("fs_edit", [.. file, ("old_text", "after"), ("new_text", "x")]),
            () => assistant.Call("fs_delete", file),
        ];
        foreach (var change in changes)
        {
            var refusal = await Refused.With("conflict", change);
            Assert.Contains($"its etag is {etag}, not {stale}", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("fs_read", refusal.Hint, StringComparison.Ordinal);
        }
        Assert.Equal("after", (await workspace.Read("f")).Content);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_batch_that_fails_leaves_everything_as_it_was(string failure, int step)
    {
        await using var assistant = await server.Connect();
        var workspace = await Prepared(assistant, "batch-fails");
        var before = await Fingerprint(workspace);
        var operations = _steps.ToList();
        operations.Insert(step, _failures[failure]);

        await Refused.Somehow(() => workspace.Batch(Operations(operations)));

        Assert.Equal(before, await Fingerprint(workspace));
    }

    [Fact]
    public async Task A_batch_that_succeeds_does_every_step()
    {
        await using var assistant = await server.Connect();
        var workspace = await Prepared(assistant, "batch-succeeds");
        await workspace.Batch(Operations(_steps));
        Assert.Equal("overwritten\na = 2\nmoving\ncopied\nnew\ninner", await workspace.Sh(
            "for f in old.txt code.txt moved/away.txt copy.txt new/file.txt moved-folder/inner.txt; do cat $f; echo; done"));
        Assert.Equal(
            "600",
            await workspace.Sh(
                "stat -c %a old.txt; [ ! -e doomed.txt ] && [ ! -e tree ] && [ ! -e moving.txt ] && [ ! -e folder ] && [ -d made/deep ]"));
    }

    [Fact]
    public async Task The_answer_names_targets_and_an_edit_that_fails_says_where()
    {
        await using var assistant = await server.Connect();
        var workspace = await Prepared(assistant, "batch-answers");
        var answer = await workspace.Batch(Operations(
        [
            """{"op": "copy", "path": "tree", "target": "copies/tree"}""",
            """{"op": "move", "path": "old.txt", "target": "new.txt"}""",
            """{"op": "edit", "path": "code.txt", "edits": [{"old_text": "a = 1", "new_text": "a = 2"}]}""",
        ]));
        var results = answer.GetProperty("results");
        Assert.Equal("/workspace/copies/tree", results[0].GetProperty("target").GetString());
        Assert.Equal("/workspace/new.txt", results[1].GetProperty("target").GetString());
        Assert.Equal(1, results[2].GetProperty("replacements").GetInt32());
        Assert.Equal("leaf", await workspace.Sh("cat copies/tree/a/b/leaf; [ -d tree/a/b ]"));

        var refused = await Refused.With(
            "invalid_argument",
            () => workspace.Batch(
                Operations(["""{"op": "edit", "path": "code.txt", "edits": [{"old_text": "a = 22", "new_text": "a = 3"}]}"""])));
        Assert.Contains("nearest to line 1: «a = 2»", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<Workspace> Prepared(Assistant assistant, string key)
    {
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", key));
        await workspace.Sh("""
            chmod -R u+w . ; rm -rf ./* && mkdir -p tree/a/b folder locked
            for f in old moving moving2 copied doomed doomed2; do printf $f > $f.txt; done
            printf 'a = 1' > code.txt; printf inner > folder/inner.txt; printf leaf > tree/a/b/leaf; ln -s leaf tree/a/b/link; chmod 640 tree/a/b/leaf; chmod 500 locked
            """);
        return workspace;
    }

    /// <summary>Every name with its type, mode, owner, link and content.</summary>
    private static Task<string> Fingerprint(Workspace workspace) => workspace.Sh(
        "find . | sort | while read f; do stat -c '%n %F %a %u:%g' \"$f\"; [ -L \"$f\" ] && readlink \"$f\"; [ -f \"$f\" ] && md5sum \"$f\"; done; true");

    private static JsonArray Operations(IEnumerable<string> operations) => [.. operations.Select(operation => JsonNode.Parse(operation))];

    [Fact]
    public async Task Five_hundred_writes_are_done_and_their_answer_stays_small()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var writes = new JsonArray([.. Enumerable.Range(0, 500).Select(number => (JsonNode)new JsonObject
        {
            ["op"] = "write", ["path"] = $"many/{number}.txt", ["content"] = "x",
        })]);
        var answer = await workspace.Batch(writes);
        var listed = answer.GetProperty("results").GetArrayLength();
        Assert.Equal(500 - listed, answer.GetProperty("omitted").GetInt32());
        Assert.InRange(answer.GetRawText().Length, 1, 32 << 10);
        Assert.Equal("500", await workspace.Sh("ls many | wc -l"));
    }
}
