using System.Runtime.CompilerServices;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.AgentProtocol;

/// <summary>
/// How messages look on the wire, per version. The file of an older version was written by the code of that version itself and never
/// changes: its agents live in workspaces in the field. The file of the newest version shows each change in review.
/// </summary>
public sealed class LayoutTests
{
    private static string[] Committed(string file) => File.ReadAllLines(Path.Combine(Folder(), file));

    private static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_older_version_is_written_as_ever(ushort version)
    {
        var written = Layout(version);
        Assert.Equal(Committed($"layout.v{version}.txt").Where(IsMessage), written.Where(IsMessage));
        // Newer versions may have more names; none of an older version has another number.
        Assert.Empty(Committed($"layout.v{version}.txt").Except(written));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_older_version_is_read_as_ever(ushort version)
    {
        // The sample of a welcome is one of version 1, and it is the welcome that states the version of the rest.
        foreach (var (name, read) in Readers.Where(reader => version == 1 || reader.Name != "Welcome"))
        {
            var line = Committed($"layout.v{version}.txt").Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal));
            var message = Convert.FromHexString(line.AsSpan(name.Length + 2));
            var writer = new MessageWriter { Version = version };
            read(message, version)(writer);
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

    private static (string Name, Func<byte[], ushort, Action<MessageWriter>> Read)[] Readers { get; } =
    [
        ("ExecStart", (message, version) => Read(message, version, ExecStart.Read).Write),
        ("ExecStarted", (message, version) => Read(message, version, ExecStarted.Read).Write),
        ("ExecInputTaken", (message, version) => Read(message, version, ExecInputTaken.Read).Write),
        ("ExecExited", (message, version) => Read(message, version, ExecExited.Read).Write),
        ("FileStat", (message, version) => Read(message, version, FileStat.Read).Write),
        ("ListRequest", (message, version) => Read(message, version, ListRequest.Read).Write),
        ("ListResponse", (message, version) => Read(message, version, ListResponse.Read).Write),
        ("SearchRequest", (message, version) => Read(message, version, SearchRequest.Read).Write),
        ("SearchResponse", (message, version) => Read(message, version, SearchResponse.Read).Write),
        ("BatchRequest", (message, version) => Read(message, version, BatchRequest.Read).Write),
        ("BatchResponse", (message, version) => Read(message, version, BatchResponse.Read).Write),
        ("ImportRequest", (message, version) => Read(message, version, ImportRequest.Read).Write),
        ("TransferResponse", (message, version) => Read(message, version, TransferResponse.Read).Write),
        ("AgentInfo", (message, version) => Read(message, version, AgentInfo.Read).Write),
        ("ContainerUsage", (message, version) => Read(message, version, ContainerUsage.Read).Write),
        ("Welcome", (message, version) => Read(message, version, Welcome.Read).Write),
    ];

    private static T Read<T>(byte[] message, ushort version, Reader<T> read)
    {
        var reader = new MessageReader(message) { Version = version };
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
