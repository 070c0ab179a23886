using McpDevBench.LoadTests.Load;

namespace McpDevBench.LoadTests.Scenarios;

/// <summary>What clients do wrong. The server refuses it and says why; that is no error of the server.</summary>
internal static class Mistakes
{
    private const string Nobody = "00000000-0000-4000-8000-000000000000";

    public static Task UnknownContainerAsync(Visit visit) =>
        visit.MistakeAsync("container_not_found", "fs_read", ("container_id", $"c_{Nobody}"), ("path", "file"));

    public static Task UnknownExecAsync(Visit visit) => visit.MistakeAsync("exec_not_found", "exec_poll", ("exec_id", $"e_{Nobody}"));

    public static Task MissingFileAsync(Visit visit) =>
        visit.MistakeAsync("file_not_found", "fs_read", ("container_id", visit.Workspace), ("path", "never-written.txt"));

    public static Task OutsideAsync(Visit visit) =>
        visit.MistakeAsync("path_denied", "fs_read", ("container_id", visit.Workspace), ("path", "../etc/passwd"));

    public static Task StrangeImageAsync(Visit visit) =>
        visit.MistakeAsync("image_not_allowed", "spawn", ("image", "registry.invalid/anything:1"));

    public static Task NoCommandAsync(Visit visit) => visit.MistakeAsync("invalid_argument", "exec", ("container_id", visit.Workspace));
}
