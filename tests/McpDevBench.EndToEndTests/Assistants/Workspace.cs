using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Assistants;

/// <summary>One workspace and what an assistant does in it.</summary>
public sealed class Workspace(Assistant assistant, Spawned spawned)
{
    public Spawned Spawned { get; } = spawned;

    public string Id => Spawned.ContainerId;

    /// <summary>Runs a line of shell and waits for it.</summary>
    public Task<ExecAnswer> Exec(string shell, params (string Name, JsonNode? Value)[] with) =>
        Call("exec", ResultsJson.Default.ExecAnswer, [("shell", shell), .. with]);

    /// <summary>Runs a program with its arguments, past any shell.</summary>
    public Task<ExecAnswer> Run(string[] cmd, params (string Name, JsonNode? Value)[] with) =>
        Call("exec", ResultsJson.Default.ExecAnswer, [("cmd", Words(cmd)), .. with]);

    /// <summary>Runs a line of shell that has to end well, and gives what it printed.</summary>
    public async Task<string> Sh(string shell)
    {
        var answer = await Exec(shell, ("wait_ms", 25_000), ("max_output_bytes", 262_144));
        Assert.True(
            answer is { Outcome: "exited", ExitCode: 0 },
            $"'{shell}' ended with {answer.Outcome} {answer.ExitCode}\n{answer.Stdout}\n{answer.Stderr}");
        return answer.Stdout.TrimEnd('\n');
    }

    public async Task<RunningExec> ExecStart(string shell, params (string Name, JsonNode? Value)[] with) =>
        assistant.Exec((await Call("exec_start", ResultsJson.Default.Started, [("shell", shell), .. with])).ExecId);

    public async Task<RunningExec> ExecStart(string[] cmd, params (string Name, JsonNode? Value)[] with) =>
        assistant.Exec((await Call("exec_start", ResultsJson.Default.Started, [("cmd", Words(cmd)), .. with])).ExecId);

    public Task<FileContent> Read(string path, params (string Name, JsonNode? Value)[] with) =>
        Call("fs_read", ResultsJson.Default.FileContent, [("path", path), .. with]);

    public Task<Written> Write(string path, string content, params (string Name, JsonNode? Value)[] with) =>
        Call("fs_write", ResultsJson.Default.Written, [("path", path), ("content", content), .. with]);

    public Task<Written> Write(string path, byte[] content, params (string Name, JsonNode? Value)[] with) =>
        Write(path, Convert.ToBase64String(content), [("encoding", "base64"), .. with]);

    public Task<Edited> Edit(string path, string oldText, string newText, params (string Name, JsonNode? Value)[] with) =>
        Call(
            "fs_edit", ResultsJson.Default.Edited,
            [("path", path), ("edits", new JsonArray(new JsonObject { ["old_text"] = oldText, ["new_text"] = newText })), .. with]);

    public Task<JsonElement> Delete(string path, params (string Name, JsonNode? Value)[] with) =>
        Call("fs_delete", ResultsJson.Default.JsonElement, [("path", path), .. with]);

    public Task<Entry> Stat(string path) => Call("fs_stat", ResultsJson.Default.Entry, ("path", path));

    public Task<Listing> List(string path, params (string Name, JsonNode? Value)[] with) =>
        Call("fs_list", ResultsJson.Default.Listing, [("path", path), .. with]);

    public Task<Matches> Search(string pattern, params (string Name, JsonNode? Value)[] with) =>
        Call("fs_search", ResultsJson.Default.Matches, [("pattern", pattern), .. with]);

    public Task<JsonElement> Batch(JsonArray operations) => Call("fs_batch", ResultsJson.Default.JsonElement, ("operations", operations));

    public Task<Killed> Kill(params (string Name, JsonNode? Value)[] with) => Call("kill", ResultsJson.Default.Killed, with);

    /// <summary>Docker's id of the container behind it.</summary>
    public async Task<string> DockerId() => Assert.Single(await DockerHost.ContainersOf(Id));

    /// <summary>The user of its programs, as <c>docker exec --user</c> takes it.</summary>
    public async Task<string> User() =>
        await DockerHost.Docker("inspect", "-f", "{{index .Config.Labels \"com.mcp.uid\"}}", await DockerId()) + ":1000";

    private Task<T> Call<T>(
        string tool, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, params (string Name, JsonNode? Value)[] with) =>
        assistant.Call(tool, type, [("container_id", Id), .. with]);

    private static JsonArray Words(string[] words) => new([.. words.Select(word => (JsonNode?)word)]);
}
