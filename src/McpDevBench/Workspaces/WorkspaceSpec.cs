using McpDevBench.Agents;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>What a workspace's container has to be, and what environment its commands get.</summary>
internal sealed class WorkspaceSpec(WorkspaceOptions options, Ownership ownership, AgentVolume agentVolume)
{
    private readonly string _seccompProfile = SeccompProfile.Build(options.AllowIoUring);

    /// <param name="processors">In Docker's notation; null for all.</param>
    public ContainerSpec Of(Workspace workspace, EngineImage image, WorkspaceImage prepared, string? processors)
    {
        var name = WorkspaceContainers.NameOf(workspace.Id);
        return new ContainerSpec
        {
            Name = name,
            Uid = workspace.Uid,
            ImageId = prepared.Id,
            Labels = ownership.ContainerLabels(workspace, name, prepared.Id, OwnVariables(workspace, image, prepared)),
            AgentVolume = agentVolume.Name,
            WorkspaceVolume = workspace.VolumeName,
            HomeVolume = HomeVolume.NameOf(workspace.VolumeName),
            MemoryBytes = (long)workspace.Limits.MemoryMb << 20,
            Cpus = workspace.Limits.Cpus,
            Pids = workspace.Limits.Pids,
            Processors = processors,
            Network = workspace.Network,
            Runtime = options.Runtime,
            SeccompProfile = _seccompProfile,
            ImageVariables = [.. image.Env.Select(variable => variable.Split('=')[0]).Where(variable => variable.Length > 0)],
            ImageVolumes = [.. image.Volumes.Select(ImageCheck.Clean).Distinct()],
        };
    }

    /// <summary>The environment of a workspace's commands in an image.</summary>
    public Dictionary<string, string> EnvironmentOf(Workspace workspace, EngineImage image, WorkspaceImage prepared) =>
        WorkspaceEnvironment.Of(workspace, image, prepared, options.Env);

    /// <summary>What the engine needs to reach volumes through an image.</summary>
    public HelperNeeds NeedsOf(EngineImage image) => ownership.NeedsOf(image.Id);

    /// <summary>Names of the variables that the workspace would not have by itself.</summary>
    private List<string> OwnVariables(Workspace workspace, EngineImage image, WorkspaceImage prepared)
    {
        var usual = EnvironmentOf(workspace with { Env = new Dictionary<string, string>() }, image, prepared);
        return [.. workspace.Env.Where(pair => usual.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)];
    }
}
