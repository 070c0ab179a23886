using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Projects come as archives: our own and those of others, whole or not at all.</summary>
public sealed class ArchiveTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_project_with_a_virtual_environment_goes_out_and_comes_in_again()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh(
            "mkdir -p app/.venv/bin app/node_modules/.bin && cd app && printf code > main.py && chmod 755 main.py && ln main.py hard.py\n"
                + "ln -s /usr/bin/python3 .venv/bin/python3; ln -s python3 .venv/bin/python; ln -s ../../../outside up; "
                + "ln -s ../tool/cli.js node_modules/.bin/tool");
        var archive = await server.Http.GetByteArrayAsync(Address(workspace, "app", "&format=tar.gz"),
            TestContext.Current.CancellationToken);
        using var response = await Unpack(workspace, "again", archive, "application/gzip");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        const string Look = "find . | sort; for l in $(find . -type l | sort); do readlink $l; done; stat -c %a main.py; cat main.py";
        Assert.Equal(await workspace.Sh($"cd app; {Look}"), await workspace.Sh($"cd again; {Look}"));
        // Stored, and not followed.
        await Refused.With("path_denied", () => workspace.Read("again/.venv/bin/python3"));
        await Refused.With("path_denied", () => workspace.Write("again/up", "x"));
    }

    [Theory]
    [InlineData("application/zip")]
    [InlineData("application/octet-stream")]
    [InlineData("application/gzip")]
    public async Task A_zip_is_unpacked_with_modes_links_and_names(string contentType)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var zip = Zip(
            ("src/", null, 0x41ED), ("src/run.sh", "#!/bin/sh\necho ran\n", 0x81ED),
                ("src/n\u00e4me \u65e5.txt", new string('x', 100_000), 0x81A4), ("src/link", "run.sh", 0xA1FF),
            (".venv/bin/python3", "/usr/bin/python3", 0xA1FF), ("plain.txt", "plain", 0), ("suid", "x", 0x89ED), ("pipe", "", 0x11A4));
        using var response = await Unpack(workspace, "z", zip, contentType);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer);
        Assert.Contains("\"entries\":7", answer, StringComparison.Ordinal);
        Assert.Contains("\"skipped\":1", answer, StringComparison.Ordinal);
        Assert.Equal("ran\nrun.sh\n/usr/bin/python3\n100000\nplain\n755 644 755", await workspace.Sh(
            "cd z; src/link; readlink src/link; readlink .venv/bin/python3; cat 'src/n\u00e4me \u65e5.txt' | wc -c; cat plain.txt; echo; "
                + "echo $(stat -c %a src/run.sh plain.txt suid)"));
    }

    [Fact]
    public async Task A_zip_with_more_entries_than_its_old_form_can_count_is_unpacked()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var zip = Zip([.. Enumerable.Range(0, 66_000).Select(number => ($"d{number % 300}/{number}", (string?)"", 0))]);
        using var response = await Unpack(workspace, "many", zip, "application/zip");
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("66000", await workspace.Sh("find many -type f | wc -l"));
    }

    public static TheoryData<string, byte[], HttpStatusCode, string> Hostile()
    {
        var good = Zip(("first", "x", 0), ("second", new string('y', 50_000), 0));
        return new()
        {
            { "climbs", Zip(("first", "x", 0), ("../evil", "x", 0)), HttpStatusCode.Forbidden, ".." },
            { "is absolute", Zip(("first", "x", 0), ("/tmp/evil", "x", 0)), HttpStatusCode.Forbidden, "absolute" },
            { "has backslashes", Zip(("first", "x", 0), ("a\\..\\evil", "x", 0)), HttpStatusCode.Forbidden, "backslash" },
            { "goes through its own link", Zip(("first", "x", 0), ("out", "/tmp", 0xA1FF), ("out/evil", "x", 0)),
                HttpStatusCode.Forbidden, "link" },
            { "is encrypted", Patched(good, 8, value => (ushort)(value | 1)), HttpStatusCode.BadRequest, "encrypted" },
            { "has an unknown method", Patched(good, 10, _ => 93), HttpStatusCode.BadRequest, "method 93" },
            { "lies about a size", Patched(good, 24, value => (ushort)(value + 1)), HttpStatusCode.BadRequest, "damaged" },
            { "lies about a checksum", Patched(good, 16, value => (ushort)(value + 1)), HttpStatusCode.BadRequest, "damaged" },
            { "unpacks to far more than it is", Patched(good, 26, _ => 0xC000), HttpStatusCode.InsufficientStorage, "far more" },
            { "is cut off", good[..^30], HttpStatusCode.BadRequest, "its end is missing" },
            { "has no directory", [.. good[..100], .. good[^22..]], HttpStatusCode.BadRequest, "not where it says" },
            { "is noise", [.. "PK\u0003\u0004"u8, .. new byte[1000]], HttpStatusCode.BadRequest, "its end is missing" },
        };
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_zip_that_cannot_be_trusted_leaves_nothing(string what, byte[] zip, HttpStatusCode status, string expected)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("idempotency_key", "hostile-zips"));
        await workspace.Sh("rm -rf target; mkdir -p target; printf mine > target/mine");
        using var response = await Unpack(workspace, "target", zip, "application/zip");
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == response.StatusCode, $"{what}: {response.StatusCode} {answer}");
        Assert.Contains(expected, answer, StringComparison.Ordinal);
        Assert.Equal("mine\ntarget\nmine", await workspace.Sh("ls -A target; ls -A; cat target/mine; [ ! -e /tmp/evil ]"));
    }

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData(null)]
    public async Task The_instructions_and_a_long_answer_name_the_address_that_the_client_uses(string? protocolVersion)
    {
        await using var assistant = await server.Connect(protocolVersion);
        Assert.Contains($"{server.BaseAddress}workspaces/{{container_id}}/files?path=", assistant.Client.ServerInstructions,
            StringComparison.Ordinal);
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("seq 100000 > long.txt");
        var hint = (await assistant.Call("fs_read", ("container_id", workspace.Id),
            ("path", "long.txt"))).GetProperty("truncated").GetProperty("hint").GetString()!;
        var address = hint[hint.IndexOf("GET ", StringComparison.Ordinal)..].Split(' ')[1];
        Assert.StartsWith("1\n2\n", await server.Http.GetStringAsync(address, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_archive_is_told_so()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        using var response = await Unpack(workspace, "x", Encoding.UTF8.GetBytes("text"), "text/plain");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("application/zip", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    /// <param name="entries">A name that ends in a slash is a directory; modes as Unix has them, type included; 0 for none.</param>
    private static byte[] Zip(params (string Name, string? Content, int Mode)[] entries)
    {
        using var buffer = new MemoryStream();
        using (var archive = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content, mode) in entries)
            {
                var entry = archive.CreateEntry(name, content?.Length > 1000 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
                entry.ExternalAttributes = mode << 16;
                using var stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(content ?? ""));
            }
        }
        return buffer.ToArray();
    }

    /// <summary>With one number of its last entry in the directory changed.</summary>
    private static byte[] Patched(byte[] zip, int offset, Func<ushort, ushort> change)
    {
        var patched = (byte[])zip.Clone();
        var field = patched.AsSpan(patched.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + offset, 2);
        BinaryPrimitives.WriteUInt16LittleEndian(field, change(BinaryPrimitives.ReadUInt16LittleEndian(field)));
        return patched;
    }

    private async Task<HttpResponseMessage> Unpack(Workspace workspace, string path, byte[] archive, string contentType)
    {
        using var content = new ByteArrayContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return await server.Http.PutAsync(Address(workspace, path, "&unpack=true"), content, TestContext.Current.CancellationToken);
    }

    private Uri Address(Workspace workspace, string path, string more = "") =>
        new(server.BaseAddress, $"workspaces/{workspace.Id}/files?path={Uri.EscapeDataString(path)}{more}");
}
