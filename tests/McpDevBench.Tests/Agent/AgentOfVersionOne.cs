using System.IO.Compression;

namespace McpDevBench.Tests.Agent;

/// <summary>The committed agent of protocol version 1, unpacked once for all tests.</summary>
internal static class AgentOfVersionOne
{
    private static readonly Lazy<string> s_binary = new(Unpack);

    public static string Binary => s_binary.Value;

    private static string Unpack()
    {
        var binary = Path.Combine(Directory.CreateTempSubdirectory().FullName, "devbench-agent");
        using (var packed = new GZipStream(File.OpenRead(Find()), CompressionMode.Decompress))
        using (var unpacked = File.Create(binary))
            packed.CopyTo(unpacked);
        File.SetUnixFileMode(binary, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return binary;
    }

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, "tests", "agents", "devbench-agent-v1-linux-x64.gz");
            if (File.Exists(candidate))
                return candidate;
        }
        throw new FileNotFoundException("tests/agents/devbench-agent-v1-linux-x64.gz is missing");
    }
}
