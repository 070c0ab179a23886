using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What a model does not see of a file is there after its change.</summary>
public sealed class FileKeepTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task Appended_text_takes_the_encoding_and_the_line_ends_of_the_file()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("dos.txt", Encoding.Latin1.GetBytes("Größe\r\n"));
        await workspace.Write("wide.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("eins\r\n")]);
        foreach (var path in new[] { "dos.txt", "wide.txt" })
            await workspace.Write(path, "Maß\n", ("append", true));
        Assert.Equal(Convert.ToHexStringLower(Encoding.Latin1.GetBytes("Größe\r\nMaß\r\n")), await Hex(workspace, "dos.txt"));
        Assert.Equal(
            Convert.ToHexStringLower([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("eins\r\nMaß\r\n")]), await Hex(workspace, "wide.txt"));
        await Refused.With("invalid_argument", () => workspace.Write("dos.txt", "5 €\n", ("append", true)));
        await workspace.Write("new/log.txt", "first\n", ("append", true));
        await workspace.Write("new/log.txt", "second\n", ("append", true));
        Assert.Equal("first\nsecond\n", (await workspace.Read("new/log.txt")).Content);
    }

    [Fact]
    public async Task A_whole_write_gives_a_file_the_content_and_leaves_it_its_mode()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("printf 'a\\r\\n' > run.sh; chmod 750 run.sh");
        await workspace.Write("run.sh", "echo ü\n");
        Assert.Equal("750 8", await workspace.Sh("stat -c '%a %s' run.sh"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Links_of_both_kinds_stay_links(bool batch)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("mkdir d; printf 'one two' > d/real; ln d/real hard; ln -s d/real soft");
        JsonObject[] edits = [Edit("soft", "one", "1"), Edit("hard", "two", "2")];
        foreach (var edit in edits)
        {
            if (batch)
                await workspace.Batch([edit.DeepClone()]);
            else
                await workspace.Edit((string)edit["path"]!, (string)edit["old_text"]!, (string)edit["new_text"]!);
        }
        Assert.Equal("1 2 d/real 2", await workspace.Sh("cat hard; echo \" $(readlink soft) $(stat -c %h d/real)\""));
        var written = await assistant.CallRaw(
            "fs_write", Assistant.Arguments($$"""{"container_id":"{{workspace.Id}}","path":"hard","content":"3"}"""), progress: null);
        Assert.Equal(2, (int)JsonNode.Parse(written.StructuredContent!.Value.GetRawText())!["links"]!);
        Assert.Equal("3", await workspace.Sh("cat soft"));
    }

    [Fact]
    public async Task A_batch_reads_text_in_its_encoding_and_names_what_it_copied()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("old.txt", Encoding.Latin1.GetBytes("Größe\n"));
        await workspace.Sh("mkdir -p tree/sub; printf 12345 > tree/a; printf 678 > tree/sub/b");
        var results = (await workspace.Batch([
            new JsonObject { ["op"] = "read", ["path"] = "old.txt" },
            new JsonObject { ["op"] = "copy", ["path"] = "tree", ["target"] = "copy" },
        ])).GetProperty("results");
        Assert.Equal(
            ("Größe\n", "latin1"), (results[0].GetProperty("content").GetString(), results[0].GetProperty("encoding").GetString()));
        Assert.Equal((8, 4), (results[1].GetProperty("size").GetInt32(), results[1].GetProperty("entries").GetInt32()));
    }

    private static JsonObject Edit(string path, string oldText, string newText) =>
        new() { ["op"] = "edit", ["path"] = path, ["old_text"] = oldText, ["new_text"] = newText };

    private static Task<string> Hex(Workspace workspace, string path) => workspace.Sh($"od -An -v -tx1 {path} | tr -d ' \\n'");
}
