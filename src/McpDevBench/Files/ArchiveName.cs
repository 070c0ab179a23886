namespace McpDevBench.Files;

/// <summary>The name under which a client saves an archive: that of the directory, or file, that is in it.</summary>
internal static class ArchiveName
{
    /// <param name="path">As the caller gave it.</param>
    public static string Of(string path, string extension)
    {
        var last = WorkspacePath.Parse(path).ToString().Split('/')[^1];
        return $"{last}.{extension}";
    }
}
