using System.Runtime.CompilerServices;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.AgentProtocol;

/// <summary>
/// How messages look on the wire, per version. layout.v1.txt was written by the code of version 1 itself and never changes: agents of that
/// version live in workspaces in the field. The file of the newest version shows each change in review.
/// </summary>
public sealed class LayoutTests
{
    private static string[] Committed(string file) => File.ReadAllLines(Path.Combine(Folder(), file));

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    [Fact]
    public void Version_1_is_written_as_ever()
    {
        var written = Layout(1);
        Assert.Equal(Committed("layout.v1.txt").Where(IsMessage), written.Where(IsMessage));
        // Newer versions may have more names; none of version 1 has another number.
        Assert.Empty(Committed("layout.v1.txt").Except(written));
    }

    [Fact]
    public void Version_1_is_read_as_ever()
    {
        foreach (var (name, read) in Readers)
        {
            var line = Committed("layout.v1.txt").Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal));
            var message = Convert.FromHexString(line.AsSpan(name.Length + 2));
            var writer = new MessageWriter { Version = 1 };
            read(message)(writer);
            Assert.True(writer.Written.SequenceEqual(message), name);
        }
    }

    [Fact]
    public void The_newest_version_is_written_as_in_the_committed_file()
    {
        var file = $"layout.v{Protocol.Version}.txt";
        var written = Layout(Protocol.Version);
        if (File.Exists(Path.Combine(Folder(), file)) && Committed(file).SequenceEqual(written))
            return;
        var proposed = Path.Combine(AppContext.BaseDirectory, file);
        File.WriteAllLines(proposed, written);
        Assert.Fail(
            $"The layout of version {Protocol.Version} has changed. "
                + $"If that is meant, and the version has not been released: cp {proposed} {Folder()}");
    }

    private delegate T Reader<out T>(ref MessageReader from);

    private static (string Name, Func<byte[], Action<MessageWriter>> Read)[] Readers { get; } =
    [
        ("ExecStart", message => Read(message, ExecStart.Read).Write),
        ("ExecStarted", message => Read(message, ExecStarted.Read).Write),
        ("ExecInputTaken", message => Read(message, ExecInputTaken.Read).Write),
        ("ExecExited", message => Read(message, ExecExited.Read).Write),
        ("FileStat", message => Read(message, FileStat.Read).Write),
        ("ListRequest", message => Read(message, ListRequest.Read).Write),
        ("ListResponse", message => Read(message, ListResponse.Read).Write),
        ("SearchRequest", message => Read(message, SearchRequest.Read).Write),
        ("SearchResponse", message => Read(message, SearchResponse.Read).Write),
        ("BatchRequest", message => Read(message, BatchRequest.Read).Write),
        ("BatchResponse", message => Read(message, BatchResponse.Read).Write),
        ("ImportRequest", message => Read(message, ImportRequest.Read).Write),
        ("TransferResponse", message => Read(message, TransferResponse.Read).Write),
        ("AgentInfo", message => Read(message, AgentInfo.Read).Write),
        ("ContainerUsage", message => Read(message, ContainerUsage.Read).Write),
        ("Welcome", message => Read(message, Welcome.Read).Write),
    ];

    private static T Read<T>(byte[] message, Reader<T> read)
    {
        var reader = new MessageReader(message) { Version = 1 };
        var value = read(ref reader);
        reader.End();
        return value;
    }

    private static bool IsMessage(string line) => line.Contains(": ", StringComparison.Ordinal);

    private static List<string> Layout(ushort version)
    {
        var lines = new List<string>();
        foreach (var (name, write) in LayoutSamples.All)
        {
            var to = new MessageWriter { Version = version };
            write(to);
            lines.Add($"{name}: {Convert.ToHexStringLower(to.Written)}");
        }
        return [.. lines, .. LayoutSamples.Names];
    }
}
