using McpDevBench.Storage;

namespace McpDevBench.Execs;

/// <summary>Where output logs are: a folder for each command, beside the database.</summary>
internal sealed class OutputFolder(StorageOptions storage, ExecOptions options, StateDisk disk)
{
    private const long BlockBytes = 4096;

    /// <summary>Output must not use up the reserve.</summary>
    /// <exception cref="IOException">The disk is nearly full.</exception>
    public void RequireRoom()
    {
        if (disk.IsLow)
            throw new IOException("The disk with the server's state is nearly full.");
    }

    public OutputLog Open(ExecId id) => new(PathOf(id), options.MaxOutputBytes);

    /// <summary>Bytes that the output of a command takes on the disk: whole blocks of its files and its folder.</summary>
    public long SizeOf(ExecId id)
    {
        try
        {
            return BlockBytes + new DirectoryInfo(PathOf(id)).EnumerateFiles()
                .Sum(file => (file.Length + BlockBytes - 1) / BlockBytes * BlockBytes);
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    public void Delete(ExecId id)
    {
        if (Directory.Exists(PathOf(id)))
            Directory.Delete(PathOf(id), recursive: true);
    }

    private string PathOf(ExecId id) => Path.Combine(storage.Folder, "output", id.Value.ToString("N"));
}
