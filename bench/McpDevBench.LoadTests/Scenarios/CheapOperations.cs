using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>Looking: nothing is started and nothing changes.</summary>
internal static class CheapOperations
{
    public static async Task StatusAsync(Visit visit)
    {
        var status = await visit.CallAsync("system_status");
        Visit.Require(status.GetProperty("ready").GetBoolean(), "system_status says that the server is not ready");
    }

    public static async Task ListContainersAsync(Visit visit)
    {
        var listed = await visit.CallAsync("list_containers");
        Visit.Require(listed.GetProperty("containers").GetArrayLength() > 0, "list_containers does not list the workspaces");
    }

    public static Task ListExecsAsync(Visit visit) => visit.CallHereAsync("list_execs");

    public static async Task StatAsync(Visit visit)
    {
        var entry = await visit.CallHereAsync("fs_stat", ("path", Sources.Path(visit.Number)));
        Visit.Require(entry.GetProperty("type").GetString() == "file", "fs_stat does not see a file");
    }

    public static async Task ListFilesAsync(Visit visit)
    {
        var listed = await visit.CallHereAsync("fs_list", ("path", Sources.Folder));
        Visit.Require(listed.GetProperty("entries").GetArrayLength() == Sources.Count, "fs_list does not list the files");
    }
}
