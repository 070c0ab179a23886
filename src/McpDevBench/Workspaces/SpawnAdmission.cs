namespace McpDevBench.Workspaces;

/// <summary>Whether a workspace may be spawned: by the operator's policy for images, and by what all workspaces together may use.</summary>
internal sealed class SpawnAdmission(ImagePolicy policy, WorkspaceQuota quota, ImageProvider images, WorkspaceDirectory workspaces)
{
    /// <summary>How long the pull of an image may take.</summary>
    public TimeSpan PullTimeout => images.PullTimeout;

    /// <returns>What all workspaces together may use: checked again when the workspace is added.</returns>
    /// <exception cref="RequestException">image_not_allowed, resource_exhausted, or invalid_argument for more than the host
    /// has.</exception>
    public async Task<WorkspaceCeiling> RequireAsync(SpawnPlan plan, CancellationToken cancellationToken)
    {
        policy.Require(plan.Image);
        var ceiling = await quota.ReadAsync(cancellationToken);
        ceiling.Require(workspaces.All, plan.Limits);
        return ceiling;
    }

    /// <exception cref="RequestException">image_not_allowed.</exception>
    public void RequireImage(ImageReference image) => policy.Require(image);

    public bool Allows(ImageReference image) => policy.Objection(image) is null;

    /// <summary>What a spawn of a new workspace would do, without doing it.</summary>
    public async Task<SpawnDecision> DecideAsync(SpawnPlan plan, CancellationToken cancellationToken)
    {
        var decision = new SpawnDecision(true, plan.Image.Canonical, "", null, false, plan.Limits, plan.Network);
        if (policy.Objection(plan.Image) is { } objection)
            return decision with { Allowed = false, Reason = $"The image may not be used: {objection}.", Nearest = policy.Nearest };
        try
        {
            var ceiling = await quota.ReadAsync(cancellationToken);
            ceiling.Require(workspaces.All, plan.Limits);
            var isPresent = await images.IsPresentAsync(plan.Image, cancellationToken);
            var reason = isPresent ? "The image is on the Docker host." : "The image would be pulled first.";
            var note = ceiling.NoteOf(plan.Limits) is { } sentence ? $" {sentence}" : "";
            return decision with { Reason = reason + note, Present = isPresent };
        }
        catch (RequestException e) when (e.Code is ErrorCode.ResourceExhausted or ErrorCode.InvalidArgument)
        {
            return decision with { Allowed = false, Reason = $"{e.Message} {e.Hint}" };
        }
    }
}
