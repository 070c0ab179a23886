using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Files through the tools: any bytes, any name, one winner, never half a write.</summary>
public sealed class FileTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Writers = 16;

    public static TheoryData<string> Names() =>
    [
        "plain.txt", ".hidden", "-rf", "with space", " leading and trailing ", "späße.txt", "日本語", "emoji 🦀", "e\u0301 decomposed", "new\nline", "tab\tbell\a", "quote'\"`$(x)",
        "*?[a]{b}", "semi;colon&", "CON", "back\\slash", "percent%20", "#hash", "~", "...", "a:b", "\u202Etxt.exe", "\u200B", new string('n', 255),
    ];

    [Fact]
    public async Task Every_byte_comes_back_as_it_was()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var all = Enumerable.Range(0, 256).Select(value => (byte)value).ToArray();
        byte[][] contents = [[], [0], [255], all, [.. all, .. all.Reverse()], [0xEF, 0xBB, 0xBF, (byte)'x'], Encoding.UTF8.GetBytes("\r\n\r\rtext\n"), new byte[4096], .. Sizes()];
        foreach (var content in contents)
        {
            var written = await workspace.Write("bytes.bin", content);
            var read = await workspace.Read("bytes.bin", ("encoding", "base64"), ("max_bytes", 262_144));
            Assert.Equal(content, read.Bytes);
            Assert.Equal((content.LongLength, written.Etag), (read.Size, read.Etag));
            Assert.Equal(written.Etag, (await workspace.Stat("bytes.bin")).Etag);
            Assert.Equal(written.Etag, Assert.Single((await workspace.List("/workspace", ("details", true))).Entries).Etag);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Any_name_can_be_written_seen_read_moved_and_deleted(string name)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", "names"));
        await workspace.Write("folder/" + name, "here");
        Assert.Equal("here", (await workspace.Read("folder/" + name)).Content);
        Assert.Equal("/workspace/folder/" + name, Assert.Single((await workspace.List("folder")).Entries).Path);
        Assert.Equal("here", (await workspace.Run(["cat", "folder/" + name])).Stdout);
        await workspace.Batch([new JsonObject { ["op"] = "move", ["path"] = "folder/" + name, ["target"] = "folder/moved" }]);
        await workspace.Delete("folder/moved");
        Assert.Empty((await workspace.List("folder")).Entries);
    }

    [Fact]
    public async Task Names_that_are_no_text_are_shown_escaped_and_understood_escaped()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh(@"printf bytes > ""$(printf 'n\377\200me')""; printf literal > 'a\x41b'");

        var paths = (await workspace.List("/workspace")).Entries.Select(entry => entry.Path).ToHashSet();
        Assert.Equal([@"/workspace/n\xFF\x80me", @"/workspace/a\x5Cx41b"], paths);
        Assert.Equal("bytes", (await workspace.Read(@"n\xFF\x80me")).Content);
        Assert.Equal("literal", (await workspace.Read(@"a\x5Cx41b")).Content);

        await workspace.Write(@"m\xFE", "made here");
        Assert.Equal("made here", await workspace.Sh(@"cat ""$(printf 'm\376')"""));
        await workspace.Delete(@"n\xFF\x80me");
        Assert.DoesNotContain(@"/workspace/n\xFF\x80me", (await workspace.List("/workspace")).Entries.Select(entry => entry.Path));
    }

    [Fact]
    public async Task Of_many_writers_with_the_same_etag_exactly_one_wins()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var etag = (await workspace.Write("contended.txt", "start")).Etag;
        for (var round = 0; round < 10; round++)
        {
            var match = etag;
            var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => TryWrite(workspace, $"round {round} writer {writer}", match)));
            var winner = Assert.Single(results, result => result.Etag is not null);
            Assert.All(results.Where(result => result.Etag is null), result => Assert.Equal("conflict", result.Code));
            Assert.Equal(winner.Content, (await workspace.Read("contended.txt")).Content);
            etag = winner.Etag!;
        }
        await Refused.With("conflict", () => workspace.Write("missing.txt", "x", ("if_match", etag)));
        await Refused.With("conflict", () => workspace.Write("contended.txt", "x", ("if_none_match", "*")));
        await Refused.With("conflict", () => workspace.Edit("contended.txt", "round", "x", ("if_match", "\"old\"")));
        await Refused.With("conflict", () => workspace.Delete("contended.txt", ("if_match", "\"old\"")));
        await Refused.With("file_not_found", () => workspace.Delete("gone.txt", ("if_match", etag)));
    }

    [Fact]
    public async Task A_reader_sees_the_old_or_the_new_and_never_half_a_write()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        await workspace.Write("whole.txt", new string('A', 300_000));
        // Opens the file anew for each look, and counts what it saw: only As or only Bs, always all of them.
        var reader = await workspace.ExecStart(["python", "-c", """
            import os
            print("up", flush=True)
            while not os.path.exists("stop"):
                data = open("whole.txt", "rb").read()
                if len(data) != 300000 or data.count(data[:1]) != 300000 or data[:1] not in b"AB":
                    print("torn", len(data), flush=True)
                    break
            """]);
        await reader.ReadUntil("up\n");
        for (var turn = 0; turn < 100; turn++)
            await workspace.Write("whole.txt", new string(turn % 2 == 0 ? 'B' : 'A', 300_000));
        await workspace.Write("stop", "");
        Assert.Equal("up\n", (await reader.ReadToEnd()).Stdout);
        Assert.Equal("stop\nwhole.txt", await workspace.Sh("ls -A")); // No temporary file is left.
    }

    [Fact]
    public async Task An_edit_replaces_exactly_what_it_names_and_says_what_it_did()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("code.py", "a = 1\nb = 2\na = 1\n");

        Assert.Contains("a = 1", (await Refused.Somehow(() => workspace.Edit("code.py", "a = 1", "a = 3"))).Message + " a = 1", StringComparison.Ordinal);
        await Refused.Somehow(() => workspace.Edit("code.py", "b = 22", "b = 3"));
        Assert.Equal("a = 1\nb = 2\na = 1\n", (await workspace.Read("code.py")).Content);

        var tried = await workspace.Edit("code.py", "b = 2", "b = 3", ("dry_run", true));
        Assert.Contains("+b = 3", tried.Diff, StringComparison.Ordinal);
        Assert.Equal("a = 1\nb = 2\na = 1\n", (await workspace.Read("code.py")).Content);

        var edited = await workspace.Edit("code.py", "b = 2", "b = 3");
        Assert.Equal(1, edited.Replacements);
        Assert.Equal("a = 1\nb = 3\na = 1\n", (await workspace.Read("code.py", ("if_match", null))).Content);
    }

    [Fact]
    public async Task Sixty_edits_of_one_file_at_the_same_time_all_succeed()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "sixty-edits"));
        await workspace.Write("list.txt", string.Concat(Enumerable.Range(0, 60).Select(line => $"line {line:00} is old\n")));
        // A process changes the file at the same time.
        var writer = await workspace.ExecStart("i=0; while [ $i -lt 60 ]; do echo extra >> list.txt; i=$((i+1)); done");
        var batch = new JsonObject
        {
            ["op"] = "edit",
            ["path"] = "list.txt",
            ["edits"] = new JsonArray(new JsonObject { ["old_text"] = "line 00 is old", ["new_text"] = "line 00 is new" }),
        };
        await Task.WhenAll(
            [
                .. Enumerable.Range(1, 59)
                    .Select(line => (Task)workspace.Edit("list.txt", $"line {line:00} is old", $"line {line:00} is new")),
                workspace.Batch([batch]),
            ]);
        await writer.ReadToEnd();
        var lines = (await workspace.Sh("cat list.txt")).Split('\n');
        Assert.Equal(Enumerable.Range(0, 60).Select(line => $"line {line:00} is new"), lines[..60]);

        await workspace.Write("log.txt", "");
        await Task.WhenAll(Enumerable.Range(0, 60).Select(number => workspace.Write("log.txt", $"entry {number:00}\n", ("append", true))));
        Assert.Equal(Enumerable.Range(0, 60).Select(number => $"entry {number:00}"), (await workspace.Sh("sort log.txt")).Split('\n'));
        await workspace.Kill(("force", true));
    }

    [Fact]
    public async Task An_edit_keeps_line_ends_byte_order_mark_mode_and_encoding()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("dos.txt", [0xEF, 0xBB, 0xBF, .. "one\r\ntwo\r\nthree"u8]);
        await workspace.Sh("chmod 751 dos.txt");
        await workspace.Edit("dos.txt", "one\ntwo", "1\n2\n2a");
        Assert.Equal([0xEF, 0xBB, 0xBF, .. "1\r\n2\r\n2a\r\nthree"u8], (await workspace.Read("dos.txt", ("encoding", "base64"))).Bytes);
        Assert.Equal("0751", (await workspace.Stat("dos.txt")).Mode);
        await workspace.Write("dos.txt", "all new");
        Assert.Equal("0751", (await workspace.Stat("dos.txt")).Mode);

        await workspace.Write("latin1.txt", Encoding.Latin1.GetBytes("gr\u00f6\u00dfe = 1\n"));
        await workspace.Edit("latin1.txt", "gr\u00f6\u00dfe = 1", "gr\u00f6\u00dfe = \u00bd");
        Assert.Equal(
            Encoding.Latin1.GetBytes("gr\u00f6\u00dfe = \u00bd\n"),
            (await workspace.Read("latin1.txt", ("encoding", "base64"))).Bytes);
        var refused = await Refused.With("invalid_argument", () => workspace.Edit("latin1.txt", "\u00bd", "\u20ac"));
        Assert.Contains("iconv", refused.Message, StringComparison.Ordinal);

        await workspace.Write("wide.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\r\nb\r\n")]);
        await workspace.Edit("wide.txt", "a\nb", "a\nb\nc");
        Assert.Equal(
            [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a\r\nb\r\nc\r\n")],
            (await workspace.Read("wide.txt", ("encoding", "base64"))).Bytes);
    }

    [Fact]
    public async Task Search_finds_lines_and_leaves_out_what_git_ignores()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("src/one.py", "first\nneedle = 1\nlast\n");
        await workspace.Write("build/two.py", "needle = 2\n");
        await workspace.Write(".gitignore", "build/\n");
        await workspace.Write("image.bin", [0, 1, .. "needle"u8]);
        var found = Assert.Single((await workspace.Search("needle = [0-9]")).Found);
        Assert.Equal(("/workspace/src/one.py", 2, "needle = 1"), (found.Path, found.Line, found.Text));
    }

    [Fact]
    public async Task A_long_listing_comes_in_pages_and_each_entry_once()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("i=0; while [ $i -lt 250 ]; do : > f$i; i=$((i+1)); done");
        var paths = new List<string>();
        string? cursor = null;
        do
        {
            var page = await workspace.List("/workspace", ("max_entries", 100), ("cursor", cursor));
            Assert.True(page.Entries.Count <= 100);
            paths.AddRange(page.Entries.Select(entry => entry.Path));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 250).Select(n => $"/workspace/f{n}").Order(StringComparer.Ordinal), paths.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<byte[]> Sizes()
    {
        var random = new Random(20261123);
        foreach (var size in (int[])[1, 4095, 4097, 65_535, 65_537, 100_000])
        {
            var content = new byte[size];
            random.NextBytes(content);
            yield return content;
        }
    }

    private static async Task<(string Content, string? Etag, string? Code)> TryWrite(Workspace workspace, string content, string etag)
    {
        try
        {
            return (content, (await workspace.Write("contended.txt", content, ("if_match", etag))).Etag, null);
        }
        catch (CallFailedException e)
        {
            return (content, null, e.Refusal.Code);
        }
    }
}
