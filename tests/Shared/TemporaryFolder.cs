using System.Runtime.CompilerServices;

namespace McpDevBench.Testing;

/// <summary>A folder of a test's own, removed when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory().FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>
    /// One folder for all temporary files of this process and of the programs that it starts, removed when the process ends:
    /// sockets of killed .NET programs and folders of tests that broke off go with it. scripts/test.sh looks for its prefix.
    /// </summary>
    [ModuleInitializer]
    internal static void MoveTemporaryFiles()
    {
        var folder = Directory.CreateTempSubdirectory("devbench-test-").FullName;
        // As /tmp itself: some tests start programs as another user.
        File.SetUnixFileMode(folder, (UnixFileMode)0x3ff);
        Environment.SetEnvironmentVariable("TMPDIR", folder);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
    }
}
