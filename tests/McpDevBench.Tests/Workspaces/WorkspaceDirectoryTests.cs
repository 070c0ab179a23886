using McpDevBench.Workspaces;
using McpDevBench.Mcp;
using McpDevBench.Observability;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Tests.Workspaces;

/// <summary>What a handle names, and what a caller is told once.</summary>
public sealed class WorkspaceDirectoryTests : IDisposable
{
    private static readonly Caller _caller = Caller.Local;

    private readonly TemporaryFolder _folder = new();
    private readonly Database _database;
    private readonly KeptFileStore _kept;
    private readonly WorkspaceDirectory _workspaces;

    public WorkspaceDirectoryTests()
    {
        var storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        _database = Storages.Open(storage, Metering.Catalogue(), TimeProvider.System);
        _kept = new KeptFileStore(_database);
        _workspaces = new WorkspaceDirectory(
            new WorkspaceStore(_database), _kept, TimeProvider.System, NullLogger<WorkspaceDirectory>.Instance);
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_alias_of_kept_files_names_the_workspace_that_they_belonged_to()
    {
        var id = WorkspaceId.New();
        _kept.Insert(new KeptFiles(_caller.Name, "src", "volume", DateTimeOffset.UnixEpoch, id.ToString(), null, 1000));
        Assert.Equal(id, _workspaces.IdOf(_caller, "src"));
        Assert.Equal(id, _workspaces.IdOf(_caller, id.ToString()));
        Assert.Null(_workspaces.IdOf(new Caller("other"), "src"));
        var live = Add("src");
        Assert.Equal(live, _workspaces.IdOf(_caller, "src"));
    }

    [Fact]
    public void A_resume_is_reported_until_the_result_of_a_tool_has_carried_it()
    {
        var id = Add("bench");
        _workspaces.NoteResumed(id);
        // A download or a resource: a model does not read what they say of it.
        Assert.Single(Call(id).Resumed);
        Assert.Single(Call(id).Resumed);

        Assert.StartsWith("Note: ", Answered(id), StringComparison.Ordinal);
        Assert.Equal("done", Answered(id));
    }

    [Fact]
    public void A_resume_during_a_call_is_not_taken_for_the_one_that_the_call_reports()
    {
        var id = Add("bench");
        _workspaces.NoteResumed(id);
        Call(id);
        _workspaces.NoteResumed(id);
        ResumeNote.Add(Result());
        Assert.Single(Call(id).Resumed);
    }

    [Fact]
    public void An_adoption_is_reported_until_the_result_of_a_tool_has_carried_it()
    {
        var id = Add("orphan", adoption: "The server's database was lost.");
        Call(id);
        Assert.StartsWith("Note: The server's database was lost.", Answered(id), StringComparison.Ordinal);
        Assert.Equal("done", Answered(id));
    }

    private CallFacts Call(WorkspaceId id)
    {
        var facts = CallFacts.Begin(_caller);
        _workspaces.ReportChanges(id);
        return facts;
    }

    private string Answered(WorkspaceId id)
    {
        Call(id);
        return ((TextContentBlock)ResumeNote.Add(Result()).Content[0]).Text;
    }

    private static CallToolResult Result() => new() { Content = [new TextContentBlock { Text = "done" }] };

    private WorkspaceId Add(string alias, string? adoption = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var workspace = new Workspace
        {
            Id =
                WorkspaceId.New(), Alias =
                    alias, Container = new ContainerId(alias), Owner = _caller.Name, Image = "image", Persistent = false,
            Status = WorkspaceStatus.Running, VolumeName = $"volume-{alias}", Limits = new WorkspaceLimits(512, 1, 256), Network = "none",
            Labels = new Dictionary<string, string>(), Env = new Dictionary<string, string>(), CreatedAt = now, LastUsedAt = now,
            Adoption = adoption,
        };
        _workspaces.Add(workspace);
        return workspace.Id;
    }
}
