using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Archives out, and archives of unknown origin in.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ArchiveTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    private TransferResponse Import(byte[] archive, string path = "", ulong maxBytes = 1 << 30, uint maxEntries = 10_000) =>
        _client.Import(archive, path, maxBytes, maxEntries);

    private (byte[] Archive, TransferResponse Response) Export(string path = "", string[]? include = null, string[]? exclude = null) =>
        _client.Export(path, include, exclude);

    private string[] Tree(string path = "") => _client.List(path, recursive: true).Paths();

    [Fact]
    public void What_goes_out_comes_back_in_the_same()
    {
        var random = RandomNumberGenerator.GetBytes(700_000);
        var longName = string.Join('/', Enumerable.Repeat(new string('l', 80), 4));
        Directory.CreateDirectory(_agent[$"src/{longName}"]);
        File.WriteAllBytes(_agent["src/random"], random);
        File.WriteAllText(_agent["src/empty"], "");
        File.WriteAllText(_agent["src/naïve ☃"], "snow");
        File.WriteAllText(_agent[$"src/{longName}/file"], "deep");
        File.WriteAllText(_agent["src/script"], "#!");
        File.SetUnixFileMode(_agent["src/script"], (UnixFileMode)0x1ed);
        File.CreateSymbolicLink(_agent["src/link"], "random");
        File.CreateSymbolicLink(_agent["src/long link"], longName + "/file");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_agent["src/fifo"]]))
            mkfifo.WaitForExit();
        var (archive, response) = Export("src");
        Assert.Equal((11u, (ulong)(random.Length + 10), 1u), (response.Entries, response.Bytes, response.Skipped));

        // Another implementation agrees about it.
        using (var reader = new TarReader(new MemoryStream(archive)))
        {
            var names = new List<string>();
            while (reader.GetNextEntry() is { } entry)
                names.Add(entry.Name);
            Assert.Contains("naïve ☃", names);
            Assert.Contains(longName + "/file", names);
        }
        Assert.Equal((11u, 0u), (Import(archive, "copy/here").Entries, Import(archive, "copy/here").Skipped));
        Assert.Equal(random, File.ReadAllBytes(_agent["copy/here/random"]));
        Assert.Equal("deep", File.ReadAllText(_agent["copy/here/long link"]));
        Assert.Equal(0x1edu, _client.Stat("copy/here/script").Mode);
        Assert.Equal(_client.Stat("src/random").MtimeNanoseconds / 1_000_000_000, _client.Stat("copy/here/random")
            .MtimeNanoseconds / 1_000_000_000);
        Assert.Equal(Tree("src").Where(path => path != "src/fifo").Select(path => path["src".Length..]), Tree("copy/here")
            .Select(path => path["copy/here".Length..]));
    }

    [Fact]
    public void An_archive_of_another_tool_is_read()
    {
        using var memory = new MemoryStream();
        foreach (var format in new[] { TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu })
        {
            memory.SetLength(0);
            using (var writer = new TarWriter(memory, format, leaveOpen: true))
            {
                TarEntry Entry(TarEntryType type, string name) => format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    _ => new GnuTarEntry(type, name),
                };
                var file = Entry(format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile, "./a/file");
                file.DataStream = new MemoryStream(Bytes($"{format}"));
                writer.WriteEntry(Entry(TarEntryType.Directory, "./"));
                writer.WriteEntry(Entry(TarEntryType.Directory, "./a/"));
                writer.WriteEntry(file);
                var hard = Entry(TarEntryType.HardLink, "./a/hard");
                hard.LinkName = "./a/file";
                writer.WriteEntry(hard);
                if (format is TarEntryFormat.Pax or TarEntryFormat.Gnu)
                    writer.WriteEntry(Entry(TarEntryType.RegularFile, string.Concat(Enumerable.Repeat("very-long-name/", 20)) + "f"));
            }
            Import(memory.ToArray(), $"{format}");
            Assert.Equal($"{format}", File.ReadAllText(_agent[$"{format}/a/hard"]));
        }
        Assert.Contains(Tree("Gnu"), path => path.Length > 300);
    }

    [Fact]
    public void Globs_choose_what_goes_out()
    {
        foreach (var path in new[] { "a.cs", "b.txt", "bin/c.cs", "src/d.cs" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_agent[path])!);
            File.WriteAllText(_agent[path], "x");
        }
        Import(Export(include: ["*.cs"], exclude: ["bin"]).Archive, "copy");
        Assert.Equal(["copy/a.cs", "copy/src", "copy/src/d.cs"], Tree("copy"));
        Import(Export("bin/c.cs").Archive, "single");
        Assert.Equal(["single/c.cs"], Tree("single"));
    }

    [Fact]
    public void A_file_that_changes_while_it_goes_out_keeps_the_archive_whole()
    {
        File.WriteAllText(_agent["aaa"], new string('a', 400_000));
        File.WriteAllText(_agent["zzz"], "last");
        _client.GrantsCredit = false;
        var call = _client.Begin(Opcode.Export, new ExportRequest([], [], []).Write);
        Eventually.Is(() => call.Received > 200_000, "the transfer has begun");
        File.WriteAllText(_agent["aaa"], "short");
        call.Grant(10_000_000);
        call.Answer(TransferResponse.Read);
        _client.GrantsCredit = true;
        Import(call.Content, "copy");
        Assert.Equal((400_000, "last"), (_client.Stat("copy/aaa").Size, File.ReadAllText(_agent["copy/zzz"])));
    }

    [Theory]
    [MemberData(nameof(HostileArchives.All), MemberType = typeof(HostileArchives))]
    public void A_hostile_archive_is_an_error(string what, byte[] archive, AgentStatus status)
    {
        File.WriteAllText(_agent["mine"], "mine");
        Directory.CreateDirectory(_agent["d"]);
        var before = _client.Stat("mine");
        Assert.True(status == StatusOf(() => Import(archive)), what);
        // All or nothing: what came before the entry that failed is not there either.
        Assert.Equal(["d", "mine"], Directory.EnumerateFileSystemEntries(_agent.Workspace).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_agent["d"]));
        Assert.Equal(before.Etag, _client.Stat("mine").Etag);
        Assert.False(File.Exists("/tmp/evil"));
    }

    [Fact]
    public void Devices_are_left_out_and_setuid_bits_dropped()
    {
        var response = Import(new TarBuilder()
            .Add("null", type: '3').Add("disk", type: '4').Add("fifo", type: '6').Add("future", "skipped", type: 'Q')
            .Add("suid", "x", mode: 0xfff).Add("g", "comment", type: 'g').Add("dir/", type: '5', mode: 0xe00).End());
        Assert.Equal((2u, 1ul, 4u), (response.Entries, response.Bytes, response.Skipped));
        Assert.Equal((0x1ffu, 0u), (_client.Stat("suid").Mode, _client.Stat("dir").Mode));
    }

    [Fact]
    public void A_repeated_name_means_the_last_one_and_caps_hold()
    {
        Import(new TarBuilder().Add("f", "one").Add("f", "two").Add("l", type: '1', link: "f").Add("l", type: '1', link: "f").End());
        Assert.Equal("two", File.ReadAllText(_agent["f"]));
        Assert.Equal(["f", "l"], Tree());
        var many = new TarBuilder();
        for (var i = 0; i < 20; i++)
            many.Add($"m{i}", "12345");
        var archive = many.End();
        Assert.Equal(AgentStatus.TooLarge, StatusOf(() => Import(archive, maxEntries: 19)));
        Assert.Equal(AgentStatus.TooLarge, StatusOf(() => Import(archive, maxBytes: 99)));
        Assert.Equal(20u, Import(archive, maxEntries: 20, maxBytes: 100).Entries);
    }

    [Fact]
    public void Thousands_of_small_files_go_both_ways()
    {
        var archive = new TarBuilder();
        for (var i = 0; i < 3_000; i++)
            archive.Add($"d{i % 50}/f{i}", $"content {i}");
        Assert.Equal(3_000u, Import(archive.End()).Entries);
        var (back, response) = Export();
        Assert.Equal(3_050u, response.Entries);
        Assert.Equal(3_050u, Import(back, "again").Entries);
        Assert.Equal("content 2999", Encoding.UTF8.GetString(_client.Read("again/d49/f2999")));
    }
}
