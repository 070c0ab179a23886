using System.Security.Cryptography;
using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

public sealed class FileTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public FileTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void What_is_written_is_read_and_every_answer_has_the_same_etag()
    {
        var content = RandomNumberGenerator.GetBytes(1_500_000);
        var written = _client.Write("sub/dir/file", content, parents: true);
        Assert.Equal(content, _client.Read("sub/dir/file"));
        Assert.Equal(content, File.ReadAllBytes(_agent["sub/dir/file"]));
        Assert.Equal((content.LongLength, FileKind.File, 0x1a4u), (written.Size, written.Kind, written.Mode));
        Assert.Equal(written.Etag, _client.Stat("sub/dir/file").Etag);
        Assert.Equal(written.Etag, _client.List("sub/dir").Entries[0].Etag);
        Assert.Equal(written.Etag, _client.Begin(Opcode.Read, new ReadRequest(Bytes("sub/dir/file"), 0, 1).Write).Answer(FileStat.Read)
            .Etag);
        File.AppendAllText(_agent["sub/dir/file"], "x");
        Assert.Equal(AgentStatus.Conflict, _client.Begin(Opcode.Read, new ReadRequest(Bytes("sub/dir/file"), 0, 1, written.Etag).Write)
            .Status());
        Assert.NotEqual(written.Etag, _client.Stat("sub/dir/file").Etag);
    }

    [Theory]
    [InlineData(0, ulong.MaxValue, "0123456789")]
    [InlineData(3, 4, "3456")]
    [InlineData(8, 100, "89")]
    [InlineData(10, 5, "")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, "")]
    [InlineData(0, 0, "")]
    public void A_range_is_what_is_there_of_it(ulong offset, ulong length, string expected)
    {
        File.WriteAllText(_agent["digits"], "0123456789");
        Assert.Equal(expected, Encoding.UTF8.GetString(_client.Read("digits", offset, length)));
    }

    [Fact]
    public void A_replaced_file_keeps_its_mode_and_a_mode_never_contains_setuid()
    {
        _client.Write("script", Bytes("1"), mode: 0xfed);
        Assert.Equal(0x1edu, _client.Stat("script").Mode);
        _client.Write("script", "2");
        Assert.Equal(0x1edu, _client.Stat("script").Mode);
    }

    [Fact]
    public void An_append_adds_at_the_end_and_creates()
    {
        Assert.Equal(3, _client.Write("log", "one", append: true).Size);
        Assert.Equal(6, _client.Write("log", "two", append: true).Size);
        Assert.Equal("onetwo", File.ReadAllText(_agent["log"]));
    }

    [Fact]
    public void Conditions_hold()
    {
        var first = _client.Write("file", "1", ifNoneMatch: true);
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("file", "2", ifNoneMatch: true)));
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("file", "2", ifMatch: first.Etag + 1)));
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("missing", "2", ifMatch: 1)));
        var second = _client.Write("file", "2", ifMatch: first.Etag);
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("file", "3", append: true, ifMatch: first.Etag)));
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Delete("file", ifMatch: first.Etag)));
        _client.Delete("file", ifMatch: second.Etag);
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Stat("file")));
        File.CreateSymbolicLink(_agent["dangling"], "nowhere");
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("dangling", "1", ifNoneMatch: true)));
        Assert.Equal(AgentStatus.Conflict, StatusOf(() => _client.Write("new/parent", "1", parents: true, ifMatch: 5)));
        Assert.False(Directory.Exists(_agent["new"]));
    }

    [Fact]
    public void Of_many_writers_with_the_same_etag_one_wins()
    {
        for (var round = 0; round < 20; round++)
        {
            var etag = _client.Write("contended", $"{round}").Etag;
            var calls = Enumerable.Range(0, 12)
                .Select(i => _client.Begin(Opcode.Write, new WriteRequest(Bytes("contended"), WriteRequest.KeepMode, false, false, etag,
                    false).Write).Upload(Bytes($"{round} {i}")))
                .ToList();
            Assert.Single(calls, call => call.Status() == AgentStatus.Ok);
            Assert.Equal(11, calls.Count(call => call.Status() == AgentStatus.Conflict));
        }
        Assert.Equal(["contended"], Directory.EnumerateFileSystemEntries(_agent.Workspace).Select(Path.GetFileName));
    }

    [Fact]
    public void A_reader_sees_the_old_content_or_the_new_and_nothing_in_between()
    {
        var length = 300_000;
        _client.Write("whole", new string('a', length));
        var stopped = false;
        var writing = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref stopped); i++)
                _client.Write("whole", new string((char)('a' + (i % 26)), length));
        });
        writing.Start();
        for (var i = 0; i < 60; i++)
        {
            var seen = i % 2 == 0 ? _client.Read("whole") : File.ReadAllBytes(_agent["whole"]);
            Assert.Equal(length, seen.Length);
            Assert.False(seen.AsSpan().ContainsAnyExcept(seen[0]));
        }
        Volatile.Write(ref stopped, true);
        writing.Join();
    }

    [Fact]
    public void A_write_through_a_link_changes_its_target_and_leaves_the_link()
    {
        Directory.CreateDirectory(_agent["d"]);
        File.WriteAllText(_agent["d/real"], "1");
        File.CreateSymbolicLink(_agent["link"], "d/real");
        File.CreateSymbolicLink(_agent["d/up"], "../link");
        _client.Write("d/up", "2");
        Assert.Equal("2", File.ReadAllText(_agent["d/real"]));
        Assert.Equal("2", Encoding.UTF8.GetString(_client.Read("d/up")));
        Assert.Equal("../link", Encoding.UTF8.GetString(_client.Stat("d/up").LinkTarget));
        File.CreateSymbolicLink(_agent["fresh"], "d/fresh");
        _client.Write("fresh", "3");
        Assert.Equal("3", File.ReadAllText(_agent["d/fresh"]));
        File.CreateSymbolicLink(_agent["circle"], "circle");
        Assert.Equal(AgentStatus.PathDenied, StatusOf(() => _client.Write("circle", "4")));
    }

    [Fact]
    public void What_cannot_be_a_file_says_what_it_is()
    {
        Directory.CreateDirectory(_agent["dir/sub"]);
        File.WriteAllText(_agent["file"], "");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_agent["fifo"]]))
            mkfifo.WaitForExit();
        Assert.Equal(AgentStatus.IsADirectory, StatusOf(() => _client.Read("dir")));
        Assert.Equal(AgentStatus.IsADirectory, StatusOf(() => _client.Write("dir", "")));
        Assert.Equal(AgentStatus.NotRegular, StatusOf(() => _client.Read("fifo")));
        Assert.Equal(AgentStatus.NotRegular, StatusOf(() => _client.Write("fifo", "")));
        Assert.Equal(AgentStatus.NotRegular, StatusOf(() => _client.Write("fifo", "x", append: true)));
        Assert.Equal(AgentStatus.NotADirectory, StatusOf(() => _client.Read("file/below")));
        Assert.Equal(AgentStatus.NotADirectory, StatusOf(() => _client.List("file")));
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Read("missing")));
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Write("no/parent", "")));
        Assert.Equal(AgentStatus.NotEmpty, StatusOf(() => _client.Delete("dir")));
        Assert.Equal(AgentStatus.NotFound, StatusOf(() => _client.Delete("missing")));
        Assert.Equal(FileKind.Fifo, _client.Stat("fifo").Kind);
        _client.Delete("fifo");
        _client.Delete("dir/sub");
        _client.Delete("dir");
    }

    [Fact]
    public void A_very_deep_tree_is_removed()
    {
        var (_, exited) = _client.Run("""
            python3 -c '
            import os
            for i in range(10000):
                os.mkdir("d"); open("f", "w").close(); os.chdir("d")'
            """);
        Assert.Equal(0, exited.Code);
        Directory.CreateDirectory(_agent["wide/a/b"]);
        File.CreateSymbolicLink(_agent["wide/link"], "/etc");
        Assert.Equal(AgentStatus.NotEmpty, StatusOf(() => _client.Delete("d")));
        _client.Delete("d", recursive: true);
        _client.Delete("wide", recursive: true);
        Assert.Equal(["f"], _client.List("").Paths());
        Assert.True(Directory.Exists("/etc"));
    }

    [Theory]
    [InlineData(".devbench-tmp-0123456789abcdef")]
    [InlineData(".devbench-tmp-import-x")]
    [InlineData(".devbench-tmp-import-0123456789abcdef")]
    [InlineData(".devbench-tmp-")]
    public void No_name_hides_a_file(string name)
    {
        File.WriteAllText(_agent[name], "needle\n");
        Directory.CreateDirectory(_agent["folder/" + name]);
        File.WriteAllText(_agent[$"folder/{name}/{name}"], "needle\n");
        string[] all = [name, "folder", "folder/" + name, $"folder/{name}/{name}"];
        Assert.Equal(all, _client.List("", recursive: true).Paths());
        Assert.Equal(2, _client.Search("needle", all: true).Matches.Count);
        var archive = _client.Export("", null, null).Archive;
        _client.Import(archive, "copy", 1 << 20, 100);
        Assert.Equal(all.Select(path => "copy/" + path), _client.List("copy", recursive: true).Paths());
        using var again = _agent.Again();
        using var client = again.Connect();
        Assert.Equal("needle\n", File.ReadAllText(_agent[$"folder/{name}/{name}"]));
    }

    [Fact]
    public void Names_are_bytes()
    {
        byte[] name = [0xff, 0xfe, (byte)'\n', (byte)'*'];
        _client.Begin(Opcode.Write, new WriteRequest(name, WriteRequest.KeepMode, false, false, null, false).Write).Upload([1, 2])
            .Answer(FileStat.Read);
        Assert.Equal(name, _client.List("").Entries[0].Path);
        _client.Call(Opcode.Delete, new DeleteRequest(name, false, null).Write);
    }

    [Fact]
    public void A_file_size_limit_is_told_as_no_space()
    {
        using var agent = new AgentProcess();
        using var limit = System.Diagnostics.Process.Start("prlimit", ["--fsize=100000", "--pid", $"{agent.Pid}"]);
        limit.WaitForExit();
        var client = agent.Connect();
        Assert.Equal(AgentStatus.NoSpace, StatusOf(() => client.Write("big", new byte[200_000])));
        client.Write("small", new byte[90_000]);
        Assert.Equal(AgentStatus.NoSpace, StatusOf(() => client.Write("small", Bytes(new string('x', 50_000)), append: true)));
        Assert.Equal(90_000, client.Stat("small").Size);
        Assert.Equal(["small"], client.List("").Paths());
    }
}
