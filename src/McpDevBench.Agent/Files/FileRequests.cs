using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>The file operations, by name. Each runs on a worker.</summary>
internal sealed class FileRequests(Workspace workspace)
{
    private readonly FileWriting _writing = new(workspace);
    private readonly Listing _listing = new(workspace);
    private readonly Searching _searching = new(workspace);
    private readonly Batching _batching = new(workspace);
    private readonly Exporting _exporting = new(workspace);
    private readonly Importing _importing = new(workspace);

    public FileStat Stat(StatRequest request) => workspace.Describe(request.Path);

    public ListResponse List(ListRequest request, Channel channel) => _listing.List(request, channel);

    public FileStat Read(ReadRequest request, Channel channel) => FileReading.Read(workspace, request, channel);

    public FileStat Write(WriteRequest request, Channel channel) => _writing.Write(request, channel);

    public void Delete(DeleteRequest request, Channel channel) => FileRemoval.Delete(workspace, request, channel);

    public SearchResponse Search(SearchRequest request, Channel channel) => _searching.Search(request, channel);

    public BatchResponse Batch(BatchRequest request, Channel channel) => _batching.Run(request, channel);

    public TransferResponse Export(ExportRequest request, Channel channel) => _exporting.Export(request, channel);

    public TransferResponse Import(ImportRequest request, Channel channel) => _importing.Import(request, channel);
}
