using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What is too large for a tool's result goes through the file endpoint.</summary>
[Collection(Alone.Name)]
public sealed class TransferTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_537)]
    [InlineData(10_000_019)]
    [InlineData(1 << 30)]
    public async Task A_file_of_any_size_goes_in_and_comes_out_as_it_was(int size)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);

        using var source = new PatternStream(size);
        using var content = new StreamContent(source);
        using var put = await server.Http.PutAsync(Address(workspace, "big.bin"), content, TestContext.Current.CancellationToken);
        Assert.True(
            put.IsSuccessStatusCode,
            $"{put.StatusCode}: {await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}\n{server.Log}");
        Assert.Equal(size, (await workspace.Stat("big.bin")).Size);

        using var get = await server.Http.GetAsync(
            Address(workspace, "big.bin"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, (long?)size), (get.StatusCode, get.Content.Headers.ContentLength));
        Assert.Equal((await workspace.Stat("big.bin")).Etag, get.Headers.ETag!.Tag.Trim('"'));
        await using var body = await get.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var expected = new PatternStream(size);
        Assert.Equal(
            await SHA256.HashDataAsync(expected, TestContext.Current.CancellationToken),
            await SHA256.HashDataAsync(body, TestContext.Current.CancellationToken));

        Assert.InRange(ProcessTable.PeakMemory(server.ProcessId), 0, 256L << 20);
        await workspace.Kill();
    }

    [Fact]
    public async Task A_range_is_exactly_that_part_of_the_file()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Write("digits", "0123456789");
        foreach (var (range, status, expected) in new[]
        {
            ("bytes=0-3", HttpStatusCode.PartialContent, "0123"), ("bytes=4-", HttpStatusCode.PartialContent, "456789"),
            ("bytes=-2", HttpStatusCode.PartialContent, "89"),
            ("bytes=5-500", HttpStatusCode.PartialContent, "56789"), ("bytes=99-", HttpStatusCode.RequestedRangeNotSatisfiable, null!),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address(workspace, "digits"));
            request.Headers.Range = RangeHeaderValue.Parse(range);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
            if (expected is not null)
                Assert.Equal(expected, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Of_two_uploads_with_the_same_etag_one_is_refused()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var etag = (await workspace.Write("one.txt", "one")).Etag;
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using var request =
                new HttpRequestMessage(HttpMethod.Put, Address(workspace, "one.txt")) { Content = new StringContent($"writer {number}") };
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{etag}\""));
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }));
        Assert.Single(statuses, status => status == HttpStatusCode.OK);
        Assert.Equal(7, statuses.Count(status => status == HttpStatusCode.PreconditionFailed));
    }

    [Fact]
    public async Task The_headers_of_a_request_hold_what_they_say()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var etag = (await workspace.Write("digits", "0123456789")).Etag;

        using var head = await Send(HttpMethod.Head, "digits", request => request.Headers.Range = new RangeHeaderValue(0, 3));
        Assert.Equal(
            (HttpStatusCode.OK, null, (long?)10), (head.StatusCode, head.Content.Headers.ContentRange, head.Content.Headers.ContentLength));
        using var same = await Send(
            HttpMethod.Get, "digits", request => request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{etag}\"")));
        Assert.Equal(HttpStatusCode.OK, same.StatusCode);
        using var other = await Send(
            HttpMethod.Get, "digits", request => request.Headers.IfMatch.Add(new EntityTagHeaderValue("\"0123456789abcdef\"")));
        Assert.Equal(HttpStatusCode.PreconditionFailed, other.StatusCode);
        await NamesTheEtag(other);
        using var stale = await Send(HttpMethod.Put, "digits", request =>
        {
            request.Content = new StringContent("stale");
            request.Headers.IfMatch.Add(new EntityTagHeaderValue("\"0123456789abcdef\""));
        });
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        await NamesTheEtag(stale);

        using var part = await Send(HttpMethod.Put, "digits", request =>
        {
            request.Content = new StringContent("xx");
            request.Content.Headers.ContentRange = new ContentRangeHeaderValue(2, 3, 10);
        });
        Assert.Equal(HttpStatusCode.BadRequest, part.StatusCode);
        Assert.Contains(
            "Content-Range", await part.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var nowhere = await Send(HttpMethod.Put, "nowhere", Anything);
        Assert.Equal(HttpStatusCode.PreconditionFailed, nowhere.StatusCode);
        Assert.Equal("0123456789", await workspace.Sh("cat digits; [ ! -e nowhere ]"));
        using var there = await Send(HttpMethod.Put, "digits", Anything);
        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
        Assert.Equal("anything", await workspace.Sh("cat digits"));

        async Task<HttpResponseMessage> Send(HttpMethod method, string path, Action<HttpRequestMessage> prepare)
        {
            using var request = new HttpRequestMessage(method, Address(workspace, path));
            prepare(request);
            return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        }

        async Task NamesTheEtag(HttpResponseMessage response)
        {
            Assert.Equal($"\"{etag}\"", response.Headers.ETag?.Tag);
            var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
            Assert.Contains(etag, (string?)error["message"], StringComparison.Ordinal);
            Assert.Equal(etag, (string?)error["details"]!["etag"]);
        }

        static void Anything(HttpRequestMessage request)
        {
            request.Content = new StringContent("anything");
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        }
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    public async Task A_directory_travels_as_an_archive_and_comes_back_the_same(string format)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("mkdir -p tree/sub tree/empty; printf one > tree/one.txt; printf two > tree/sub/two.txt; printf no > tree/no.log; chmod 750 tree/one.txt; ln -s one.txt tree/link");

        var archive = await server.Http.GetByteArrayAsync(
            Address(workspace, "tree", $"&format={format}&exclude=**/*.log"), TestContext.Current.CancellationToken);
        var names = Names(archive, format);
        Assert.Contains(names, name => name.EndsWith("sub/two.txt", StringComparison.Ordinal));
        Assert.DoesNotContain(names, name => name.EndsWith("no.log", StringComparison.Ordinal));
        var included = await server.Http.GetByteArrayAsync(
            Address(workspace, "tree", $"&format={format}&include=**/two.txt"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Names(included, format), name => name.EndsWith("one.txt", StringComparison.Ordinal));

        using var response = await Unpack(workspace, "back", archive, format);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var back = await workspace.Sh(
            "cd back; [ -d tree ] && cd tree; find . | sort; cat one.txt sub/two.txt; stat -c %a one.txt; readlink link");
        Assert.Equal(".\n./empty\n./link\n./one.txt\n./sub\n./sub/two.txt\nonetwo750\none.txt", back);
    }

    [Fact]
    public async Task An_archive_that_would_lead_out_is_refused_or_made_harmless()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("mkdir /tmp/outside; printf untouched > /tmp/outside/file");
        TarEntry[][] archives =
        [
            [File("../../tmp/outside/file", "pwned")],
            [File("/tmp/outside/file", "pwned")],
            [Link("out", "/tmp/outside"), File("out/file", "pwned")],
            [Link("out", "../../tmp"), File("out/outside/file", "pwned")],
            [HardLink("hard", "/tmp/outside/file"), File("hard", "pwned")],
            [new PaxTarEntry(TarEntryType.CharacterDevice, "device") { DeviceMajor = 1, DeviceMinor = 5 }],
            [File("setuid", "x", UnixFileMode.SetUser | UnixFileMode.UserExecute | UnixFileMode.UserRead)],
            [File("twice", "one"), Link("twice", "/tmp/outside/file"), File("twice", "pwned")],
        ];
        foreach (var archive in archives)
        {
            using var response = await Unpack(workspace, "unpacked", Tar(archive), "tar");
            Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        }
        Assert.Equal("untouched\nfile", await workspace.Sh("cat /tmp/outside/file; echo; ls /tmp/outside"));
        Assert.Equal("", await workspace.Sh("find /workspace -type c; find /workspace -perm -4000"));
    }

    [Fact]
    public async Task What_is_wrong_is_answered_with_a_status_and_the_same_error_as_the_tools()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        foreach (var (address, status, code) in new[]
        {
            (Address(workspace, "missing"), HttpStatusCode.NotFound, "file_not_found"),
            (Address(workspace, "../etc/passwd"), HttpStatusCode.Forbidden, "path_denied"),
            (
                new Uri(server.BaseAddress, "workspaces/c_00000000-0000-4000-8000-000000000000/files?path=x"), HttpStatusCode.NotFound,
                "container_not_found"),
        })
        {
            using var response = await server.Http.GetAsync(address, TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
            Assert.Contains(
                code, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        foreach (var more in new[] { "&unpak=true", "&format=zip", "&unpack=true" })
        {
            using var response = await server.Http.GetAsync(Address(workspace, ".", more), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
        using (var content = new ByteArrayContent(Tar([File("a", "a")])))
        using (var put = await server.Http.PutAsync(
            Address(workspace, "typo", "&unpack=yes"), content, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.BadRequest, put.StatusCode);
            Assert.Contains(
                "unpack='yes' is not allowed", (await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
                    .Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        Assert.Equal("", await workspace.Sh("ls -A"));
        await workspace.Write("still.txt", "works");
        Assert.Equal("works", await server.Http.GetStringAsync(Address(workspace, "still.txt"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("checksum")]
    [InlineData("data")]
    [InlineData("end")]
    public async Task A_damaged_gzip_archive_is_called_damaged_and_unpacks_to_nothing(string damage)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Tar([File("a", "a")]));
        var archive = packed.ToArray();
        if (damage == "end")
            archive = archive[..^20];
        else
            archive[damage == "data" ? 12 : archive.Length - 6] ^= 0x7F;
        using var response = await Unpack(workspace, "unpacked", archive, "tar.gz");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(damage == "end" ? "ends in the middle" : "is damaged", text, StringComparison.Ordinal);
        Assert.DoesNotContain("compression method", text, StringComparison.Ordinal);
        Assert.Equal("", await workspace.Sh("ls -A"));
    }

    private static PaxTarEntry File(string name, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = mode };

    private static PaxTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static PaxTarEntry HardLink(string name, string target) => new(TarEntryType.HardLink, name) { LinkName = target };

    private static byte[] Tar(TarEntry[] entries)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, leaveOpen: true))
            Array.ForEach(entries, writer.WriteEntry);
        return buffer.ToArray();
    }

    private static List<string> Names(byte[] archive, string format)
    {
        using var stream = new MemoryStream(archive);
        using var reader = new TarReader(format == "tar" ? stream : new GZipStream(stream, CompressionMode.Decompress));
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
            names.Add(entry.Name);
        return names;
    }

    private async Task<HttpResponseMessage> Unpack(Workspace workspace, string path, byte[] archive, string format)
    {
        using var content = new ByteArrayContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue(format == "tar" ? "application/x-tar" : "application/gzip");
        return await server.Http.PutAsync(Address(workspace, path, "&unpack=true"), content, TestContext.Current.CancellationToken);
    }

    private Uri Address(Workspace workspace, string path, string more = "") =>
        new(server.BaseAddress, $"workspaces/{workspace.Id}/files?path={Uri.EscapeDataString(path)}{more}");
}
