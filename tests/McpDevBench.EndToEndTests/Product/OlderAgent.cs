using System.IO.Compression;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>A committed agent of an older version of the protocol, unpacked.</summary>
internal sealed class OlderAgent : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OlderAgent(int version)
    {
        var file = Path.Combine(Repository.Root, "tests", "agents", $"devbench-agent-v{version}-linux-x64.gz");
        using var packed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var binary = File.Create(Binary);
        packed.CopyTo(binary);
        File.SetUnixFileMode(Binary, (UnixFileMode)Convert.ToInt32("555", 8));
        File.SetUnixFileMode(Folder, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public string Folder => _folder.Path;

    public string Binary => _folder["devbench-agent"];

    public void Dispose() => _folder.Dispose();
}
