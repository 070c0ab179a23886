using McpDevBench.Observability;

namespace McpDevBench.Workspaces;

/// <summary>The errors about files whose volume is no longer on the Docker host, and what is left of them.</summary>
internal static class LostFiles
{
    public static RequestException OfWorkspace(Workspace workspace, VolumesLeft left) => left.Home
        ? new(
            ErrorCode.WorkspaceLost,
            $"The volume with the files of workspace {workspace.Id} is no longer on the Docker host; its home directory is still there.",
            "If the operator can bring the volume back, call attach then. Otherwise: kill with keep_workspace=true keeps the home "
                + $"directory, then spawn with alias={workspace.KeptAs} restores it, with an empty /workspace.")
        : new(
            ErrorCode.WorkspaceLost, $"The volumes with the files of workspace {workspace.Id} are no longer on the Docker host.",
            "If the operator can bring them back, call attach then. Otherwise call kill to remove the entry, and spawn for a new "
                + "workspace.");

    public static RequestException OfKept(string target, KeptFiles kept, VolumesLeft left) => left.Home
        ? new(
            ErrorCode.ContainerNotFound,
            $"The workspace {CallFacts.Named(target)} has been removed. The volume {kept.Volume} with its kept files is no longer on the "
                + "Docker host; its home directory is still kept.",
            $"Call spawn with alias={kept.Alias} to restore the home directory, with an empty /workspace.")
        : new(
            ErrorCode.ContainerNotFound,
            $"The workspace {CallFacts.Named(target)} has been removed, and its kept files are lost: the volume {kept.Volume} is no longer "
                + "on the Docker host.",
            $"Call spawn with alias={kept.Alias} for a new workspace without them.");
}
