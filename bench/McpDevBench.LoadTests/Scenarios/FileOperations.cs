using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Small files, as an assistant reads and changes them.</summary>
internal static class FileOperations
{
    public static async Task ReadAsync(Visit visit)
    {
        var read = await visit.CallHereAsync("fs_read", ("path", Sources.Path(visit.Number)));
        Visit.Require(
            read.GetProperty("content").GetString() == Sources.Content(visit.Number), "fs_read gives something else than was written");
    }

    public static async Task WriteAsync(Visit visit)
    {
        var content = Sources.Content(visit.Number);
        var written = await visit.CallHereAsync("fs_write", ("path", Draft(visit)), ("content", content));
        Visit.Require(written.GetProperty("size").GetInt64() == content.Length, "fs_write wrote something else than it was given");
    }

    /// <summary>A file is written, changed as long as it is what it was, and deleted.</summary>
    public static async Task EditAsync(Visit visit)
    {
        var path = $"edited-{visit.Number}.txt";
        var written = await visit.CallHereAsync("fs_write", ("path", path), ("content", Sources.Content(visit.Number)));
        var edited = await visit.CallHereAsync("fs_edit",
            ("path", path), ("edits", new[] { new { old_text = Sources.Word, new_text = "haystack" } }),
            ("if_match", written.GetProperty("etag").GetString()));
        Visit.Require(edited.GetProperty("replacements").GetInt32() == 1, "fs_edit did not make the one replacement");
        await visit.CallHereAsync("fs_delete", ("path", path));
    }

    public static async Task SearchAsync(Visit visit)
    {
        var found = await visit.CallHereAsync("fs_search", ("pattern", $"^{Sources.Word} of"), ("path", Sources.Folder));
        Visit.Require(found.GetProperty("matches").GetArrayLength() == Sources.Count, "fs_search does not find the word in every file");
    }

    public static async Task BatchAsync(Visit visit)
    {
        var path = $"batch-{visit.Number}";
        var done = await visit.CallHereAsync("fs_batch", ("operations", new object[]
        {
            new { op = "mkdir", path },
            new { op = "write", path = $"{path}/a.txt", content = "one" },
            new { op = "copy", path = $"{path}/a.txt", target = $"{path}/b.txt" },
            new { op = "read", path = $"{path}/b.txt" },
            new { op = "delete", path, recursive = true },
        }));
        Visit.Require(done.GetProperty("results")[3].GetProperty("content").GetString() == "one", "fs_batch does not read what it wrote");
    }

    // Some visits write the same file, as some people do; which of them wins does not matter here.
    private static string Draft(Visit visit) => $"draft-{visit.Number % 50}.txt";
}
