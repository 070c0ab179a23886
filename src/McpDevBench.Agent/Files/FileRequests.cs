using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>The file operations, by name. Each runs on a worker.</summary>
internal sealed class FileRequests(RootDirectory workspace)
{
    private readonly FileWriter _writer = new(workspace);
    private readonly DirectoryLister _lister = new(workspace);
    private readonly FileSearch _search = new(workspace);
    private readonly BatchRunner _batches = new(workspace);
    private readonly TarExport _export = new(workspace);
    private readonly TarImport _import = new(workspace);

    public FileStat Stat(StatRequest request) => workspace.Describe(request.Path);

    public ListResponse List(ListRequest request, Channel channel) => _lister.List(request, channel);

    public FileStat Read(ReadRequest request, Channel channel) => RegularFile.Read(workspace, request, channel);

    public FileStat Write(WriteRequest request, Channel channel) => _writer.Write(request, channel);

    public void Delete(DeleteRequest request, Channel channel) => FileRemoval.Delete(workspace, request, channel);

    public SearchResponse Search(SearchRequest request, Channel channel) => _search.Search(request, channel);

    public BatchResponse Batch(BatchRequest request, Channel channel) => _batches.Run(request, channel);

    public TransferResponse Export(ExportRequest request, Channel channel) => _export.Export(request, channel);

    public TransferResponse Import(ImportRequest request, Channel channel) => _import.Import(request, channel);
}
