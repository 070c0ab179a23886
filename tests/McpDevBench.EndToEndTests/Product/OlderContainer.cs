using System.Text.Json;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>A workspace's container as the server made it when the agent was the workload's own user.</summary>
internal static class OlderContainer
{
    /// <summary>Puts such a container, running, in the place of the workspace's. For a server that is stopped.</summary>
    public static async Task Replace(Workspace workspace, string agentFolder)
    {
        var dockerId = await workspace.DockerId();
        using var inspected = JsonDocument.Parse(await DockerHost.Docker("inspect", dockerId));
        var container = inspected.RootElement[0];
        var labels = container.GetProperty("Config").GetProperty("Labels").EnumerateObject().Where(label => label.Name != "com.mcp.uid");
        var volumes = container.GetProperty("Mounts").EnumerateArray()
            .Where(mount => mount.GetProperty("Type").GetString() == "volume"
                && !mount.GetProperty("Name").GetString()!.StartsWith("mcpdevbench_agent_", StringComparison.Ordinal));
        await DockerHost.Docker("rm", "-f", dockerId);
        // That server had one user for all.
        var image = container.GetProperty("Config").GetProperty("Image").GetString()!;
        var folders = volumes.Select(mount => mount.GetProperty("Name").GetString()!).Index().ToList();
        await DockerHost.Docker(
        [
            "run", "--rm", "--entrypoint", "/bin/chown",
            .. folders.SelectMany(volume => new[] { "--volume", $"{volume.Item}:/v{volume.Index}:nocopy" }),
            image, "-R", "1000:1000", .. folders.Select(volume => $"/v{volume.Index}"),
        ]);
        await DockerHost.Docker(
        [
            "run", "--detach", "--interactive", "--name", container.GetProperty("Name").GetString()!.TrimStart('/'),
            "--user", "1000:1000", "--workdir", "/", "--hostname", "workspace", "--cap-drop", "ALL", "--read-only",
            "--security-opt", "no-new-privileges:true", "--network", "none", "--log-driver", "none", "--cgroupns", "private",
            "--memory", "256m", "--memory-swap", "256m", "--cpus", "1", "--pids-limit", "256", "--oom-score-adj", "500",
            "--tmpfs", "/tmp:rw,exec,nosuid,nodev,mode=1777", "--tmpfs", "/run:rw,exec,nosuid,nodev,mode=1777",
            "--volume", $"{agentFolder}:/devbench:ro", "--entrypoint", "/devbench/devbench-agent",
            .. volumes.SelectMany(mount => new[]
            {
                "--volume", $"{mount.GetProperty("Name").GetString()}:{mount.GetProperty("Destination").GetString()}:nocopy",
            }),
            .. labels.SelectMany(label => new[] { "--label", $"{label.Name}={label.Value.GetString()}" }),
            image, "serve",
        ]);
    }
}
