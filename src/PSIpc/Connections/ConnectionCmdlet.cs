using System.Management.Automation;
using PSIpc.Core;
using PSIpc.Core.Connections;

namespace PSIpc;

/// <summary>What the cmdlets that listen and that connect share: the key, and how messages are written.</summary>
public abstract class ConnectionCmdlet : IpcCmdlet
{
    /// <summary>The key that both sides must have: a SecureString, a text or bytes; Python's <c>authkey</c>. The key itself is never sent.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? AuthKey { get; set; }

    /// <summary>The protocol: Python, that of <c>multiprocessing.connection</c>.</summary>
    [Parameter]
    [ValidateSet("Python")]
    public string Protocol { get; set; } = "Python";

    /// <summary>The serializer of the messages: Pickle (the default) for Python's <c>send</c> and <c>recv</c>, Raw for its <c>send_bytes</c> and <c>recv_bytes</c>. Messages do not name it: both sides must agree.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SerializerCompleter))]
    [ValidateNotNullOrEmpty]
    public string Serializer { get; set; } = PickleIpcSerializer.SerializerName;

    /// <summary>Sends arrays of numbers as NumPy arrays, which a Python without NumPy cannot read, instead of as lists.</summary>
    [Parameter]
    public SwitchParameter NumPy { get; set; }

    /// <summary>Receives objects of any class as PSCustomObjects with the name of the class. Without it an object of a class that PSIpc does not know is an error. Nothing is imported or called.</summary>
    [Parameter]
    public SwitchParameter AllowUnknown { get; set; }

    private protected PickleOptions Options => new(NumPy: NumPy, AllowUnknown: AllowUnknown);

    /// <summary>Reads an address; a path is one of PowerShell's current folder.</summary>
    private protected PeerAddress Parse(string address)
    {
        _ = IpcSerializers.Get(Serializer);
        if ((NumPy || AllowUnknown) && !string.Equals(Serializer, PickleIpcSerializer.SerializerName, StringComparison.OrdinalIgnoreCase))
        {
            throw new IpcException(IpcErrorKind.NotSupported, Messages.PickleParametersOfOther.With(Serializer), Serializer);
        }

        return PeerAddress.Parse(address, path => path[0] == '\0' ? path : GetUnresolvedProviderPathFromPSPath(path));
    }
}
