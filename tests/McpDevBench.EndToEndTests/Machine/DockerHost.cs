namespace McpDevBench.EndToEndTests.Machine;

/// <summary>The Docker Engine behind the product, seen past the product: with the docker client.</summary>
internal static class DockerHost
{
    private static readonly Lazy<Task<string>> _address = new(async () =>
        Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given ? given
            : await Docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}"));

    /// <summary>Such as <c>unix:///var/run/docker.sock</c>.</summary>
    public static Task<string> Address => _address.Value;

    public static async Task<string> SocketPath() => (await Address).Replace("unix://", "", StringComparison.Ordinal);

    public static async Task<string> Docker(params string[] arguments) => (await Command.Run("docker", arguments)).Succeeded();

    /// <summary>Docker's ids of the containers, running or not, that carry this workspace's label.</summary>
    public static async Task<IReadOnlyList<string>> ContainersOf(string containerId) =>
        Lines(await Docker("ps", "-aq", "--no-trunc", "--filter", $"label=com.mcp.container_id={containerId}"));

    public static async Task<IReadOnlyList<string>> VolumesOf(string containerId) =>
        Lines(await Docker("volume", "ls", "-q", "--filter", $"name={containerId}"));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
