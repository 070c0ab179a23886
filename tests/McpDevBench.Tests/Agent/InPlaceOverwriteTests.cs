using System.Runtime.InteropServices;
using System.Text;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>A file that has what a new one would not have is written to where it is.</summary>
public sealed partial class InPlaceOverwriteTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public InPlaceOverwriteTests()
    {
        _client = _agent.Connect();
        File.WriteAllText(_agent["file"], "old and long");
        File.SetUnixFileMode(_agent["file"], (UnixFileMode)0x1e8);
    }

    public void Dispose() => _agent.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hard_links_stay_and_all_show_the_change(bool batch)
    {
        Assert.Equal(0, Link(_agent["file"], _agent["other"]));
        Assert.Equal(2u, _client.Stat("file").Links);
        var written = batch ? _client.Batch(Write("file", "new")).Results[0].Entry! : _client.Write("file", "new");
        Assert.Equal((2u, 3L, 0x1e8u), (written.Links, written.Size, written.Mode));
        Assert.Equal("new", File.ReadAllText(_agent["other"]));
        Assert.Equal(written.Etag, _client.Stat("other").Etag);
        _client.Write("file", Bytes("longer than it was"), mode: 0x1a4, ifMatch: written.Etag);
        Assert.Equal("longer than it was", File.ReadAllText(_agent["other"]));
        Assert.Equal(0x1a4u, _client.Stat("other").Mode);
    }

    [Fact]
    public void An_edit_in_a_batch_keeps_hard_links_and_a_failing_batch_puts_the_content_back()
    {
        Assert.Equal(0, Link(_agent["file"], _agent["other"]));
        var edit = new BatchStep(
            BatchVerb.Edit, Bytes("file"), [], 0, 0, false, false, false, null, false,
            [new TextEdit(Bytes("old"), Bytes("brand new"), false)]);
        Assert.Equal(2u, _client.Batch((edit, "")).Results[0].Entry!.Links);
        Assert.Equal("brand new and long", File.ReadAllText(_agent["other"]));
        var failed = _client.Batch(Write("file", "x", mode: 0x1ed), Write("other", "y"), (edit with { Path = Bytes("file") }, ""));
        Assert.Equal(2, failed.FailedStep);
        Assert.Equal("brand new and long", File.ReadAllText(_agent["file"]));
        Assert.Equal((2u, 0x1e8u), (_client.Stat("file").Links, _client.Stat("other").Mode));
        Assert.Equal(["file", "other"], Directory.EnumerateFileSystemEntries(_agent.Workspace).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Attributes_of_users_stay()
    {
        Assert.SkipWhen(SetAttribute(_agent["file"], "user.note", "kept"u8, 4, 0) != 0, "The file system has no extended attributes.");
        _client.Write("file", "new");
        Assert.Equal("new", File.ReadAllText(_agent["file"]));
        Span<byte> value = stackalloc byte[16];
        Assert.Equal("kept", Encoding.UTF8.GetString(value[..(int)GetAttribute(_agent["file"], "user.note", value, 16)]));
    }

    [Fact]
    public void The_owner_stays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give a file to another user.");
        Assert.Equal(0, ChangeOwner(_agent["file"], 1234, 1235));
        _client.Write("file", "new");
        var stat = _client.Stat("file");
        Assert.Equal((1234u, 1235u, 3L), (stat.Uid, stat.Gid, stat.Size));
    }

    [Fact]
    public void Any_other_file_is_replaced_in_one_step()
    {
        using var open = File.OpenRead(_agent["file"]);
        Assert.Equal(1u, _client.Write("file", "new").Links);
        Assert.Equal("old and long", new StreamReader(open).ReadToEnd());
    }

    private static (BatchStep, string) Write(string path, string content, uint mode = 0) =>
        (new BatchStep(BatchVerb.Write, Bytes(path), [], (ulong)content.Length, mode, false, false, false, null, false, []), content);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "setxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(string path, string name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "getxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetAttribute(string path, string name, Span<byte> value, nint size);
}
