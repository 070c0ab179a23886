using McpDevBench.Storage;

namespace McpDevBench.Execs;

/// <summary>Where output logs are: a folder for each command, beside the database.</summary>
internal sealed class OutputFolder(StorageOptions storage, ExecOptions options)
{
    public OutputLog Open(ExecId id) => new(PathOf(id), options.MostOutputBytes);

    public void Delete(ExecId id)
    {
        if (Directory.Exists(PathOf(id)))
            Directory.Delete(PathOf(id), recursive: true);
    }

    private string PathOf(ExecId id) => Path.Combine(storage.Folder, "output", id.Value.ToString("N"));
}
