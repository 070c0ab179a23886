using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Protocol;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Reading as a model does: an answer of a bearable size, with everything that the next call needs, in the text and in the
/// structure.</summary>
public sealed class FileReadTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_large_file_comes_in_parts_and_each_says_where_the_next_begins()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("seq 1 80000 | sed 's/^/line /' > big.txt");

        var (text, first) = await Read(assistant, workspace, ("path", "big.txt"));
        Assert.InRange(Encoding.UTF8.GetByteCount(text), 15_000, 17_000);
        Assert.Equal(80_000, (int)first["total_lines"]!);
        var next = (int)first["next_line"]!;
        Assert.Contains($"line={next}", text, StringComparison.Ordinal);
        Assert.Contains((string)first["etag"]!, text, StringComparison.Ordinal);

        var (_, second) = await Read(assistant, workspace, ("path", "big.txt"), ("line", next), ("limit", 2));
        Assert.Equal($"line {next}\nline {next + 1}\n", (string)second["content"]!);
        Assert.Equal((next, 80_000, next + 2), ((int)second["line"]!, (int)second["total_lines"]!, (int)second["next_line"]!));
    }

    [Fact]
    public async Task The_end_of_a_file_of_any_size_can_be_read()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("dd if=/dev/zero of=huge.log bs=1M count=0 seek=3000 2>&1; printf '\\nlast but one\\nlast\\n' >> huge.log");
        var (text, read) = await Read(assistant, workspace, ("path", "huge.log"), ("tail_lines", 2));
        Assert.Equal("last but one\nlast\n", (string)read["content"]!);
        Assert.StartsWith("last but one\nlast\n[", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_etag_in_the_text_is_the_one_that_an_edit_takes()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("a.txt", "one\r\ntwo");
        var (text, _) = await Read(assistant, workspace, ("path", "a.txt"));
        Assert.Matches("\\n\\[2 lines, 8 bytes, CRLF, no newline at the end, etag [0-9a-f]{16}\\]$", text);
        await workspace.Edit("a.txt", "two", "three", ("if_match", text[^17..^1]));
        Assert.Equal("one\r\nthree", (await workspace.Read("a.txt")).Content);
    }

    [Theory]
    [InlineData("latin1")]
    [InlineData("utf16le")]
    public async Task A_write_that_changes_the_encoding_says_so_and_how_to_keep_it(string name)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        byte[] before = name == "latin1"
            ? Encoding.Latin1.GetBytes("Größe: 5\n")
            : [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Größe: 5\n")];
        await workspace.Write("a.txt", before);
        var (_, read) = await Read(assistant, workspace, ("path", "a.txt"));
        Assert.Equal(name, (string)read["encoding"]!);
        var content = (string)read["content"]!;
        var (written, text) = await assistant.CallWithText(
            "fs_write", ("container_id", workspace.Id), ("path", "a.txt"), ("content", content), ("encoding", name));
        Assert.False(written.TryGetProperty("note", out _));
        Assert.Equal(before, (await workspace.Read("a.txt", ("encoding", "base64"))).Bytes);
        (written, text) = await assistant.CallWithText("fs_write", ("container_id", workspace.Id), ("path", "a.txt"), ("content", content));
        Assert.Contains(
            $"was {name} and is utf8 now; write it with encoding={name}", written.GetProperty("note").GetString(),
            StringComparison.Ordinal);
        Assert.Contains(written.GetProperty("note").GetString()!, text, StringComparison.Ordinal);
        await workspace.Write("b.txt", before);
        var batch = await workspace.Batch([new JsonObject { ["op"] = "write", ["path"] = "b.txt", ["content"] = content }]);
        Assert.Contains($"encoding={name}", batch.GetProperty("results")[0].GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Latin1_text_is_read_as_text_and_its_encoding_named()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("old.txt", Encoding.Latin1.GetBytes("Größe: 5\n"));
        var (text, read) = await Read(assistant, workspace, ("path", "old.txt"));
        Assert.Equal(("Größe: 5\n", "latin1"), ((string)read["content"]!, (string)read["encoding"]!));
        Assert.StartsWith("Größe: 5\n[latin1, 1 line, 9 bytes", text, StringComparison.Ordinal);
        await workspace.Write("old.txt", "Größe: 6\n", ("encoding", "latin1"), ("if_match", (string)read["etag"]!));
        await workspace.Edit("old.txt", "ß", "ss");
        Assert.Equal(Encoding.Latin1.GetBytes("Grösse: 6\n"), (await workspace.Read("old.txt", ("encoding", "base64"))).Bytes);
        Assert.Contains(
            "€", (await Refused.With("invalid_argument", () => workspace.Write("old.txt", "5 €", ("encoding", "latin1")))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_comes_as_an_image_whatever_its_name_is()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var png = Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        await workspace.Write("dot.dat", png);

        var result = await Raw(assistant, workspace, ("path", "dot.dat"));
        var image = Assert.Single(result.Content.OfType<ImageContentBlock>());
        Assert.Equal("image/png", image.MimeType);
        Assert.Equal(png, image.DecodedData.ToArray());
        var read = JsonNode.Parse(result.StructuredContent!.Value.GetRawText())!;
        Assert.Equal(("image", "image/png", png.Length), ((string)read["encoding"]!, (string)read["mime_type"]!, (int)read["size"]!));
        Assert.Contains((string)read["etag"]!, result.Content.OfType<TextContentBlock>().Single().Text, StringComparison.Ordinal);

        Assert.Equal(png, (await workspace.Read("dot.dat", ("encoding", "base64"))).Bytes);
        await workspace.Sh("dd if=/dev/zero of=dot.dat bs=1M count=0 seek=4 2>&1");
        var refused = await Refused.With("resource_exhausted", () => workspace.Read("dot.dat"));
        Assert.Contains("offset and length", refused.Hint, StringComparison.Ordinal);
        Assert.Equal("base64", (await workspace.Read("dot.dat", ("offset", 0), ("length", 100))).Encoding);
    }

    private static async Task<(string Text, JsonNode Structure)> Read(
        Assistant assistant, Workspace workspace, params (string Name, JsonNode? Value)[] with)
    {
        var result = await Raw(assistant, workspace, with);
        return (result.Content.OfType<TextContentBlock>().Single().Text, JsonNode.Parse(result.StructuredContent!.Value.GetRawText())!);
    }

    private static Task<CallToolResult> Raw(Assistant assistant, Workspace workspace, params (string Name, JsonNode? Value)[] with) =>
        assistant.CallRaw(
            "fs_read",
            Assistant.Arguments(new JsonObject(
                [
                    KeyValuePair.Create("container_id", (JsonNode?)workspace.Id),
                    .. with.Select(one => KeyValuePair.Create(one.Name, one.Value)),
                ]).ToJsonString()),
            progress: null);
}
