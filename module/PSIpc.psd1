@{
    RootModule           = 'PSIpc.dll'
    ModuleVersion        = '0.0.0' # the build writes that of Directory.Build.props
    GUID                 = '6f1a3c1e-7d0b-4b52-9a44-3f8a52c0d9e1'
    Author               = 'PSIpc contributors'
    CompanyName          = 'PSIpc'
    Copyright            = '(c) PSIpc contributors. MIT licence.'
    Description          = 'Multiprocessing for PowerShell: pools of warm worker processes; queues, topics and pipes between processes; shared arrays, values and dictionaries; locks, semaphores, events, barriers and conditions. Shared memory on one machine stays consistent when a process is killed; a RabbitMQ server connects several machines.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('PSIpc.Format.ps1xml', 'PSIpc.Lists.Format.ps1xml')
    TypesToProcess       = @('PSIpc.Types.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'New-IpcQueue', 'Get-IpcQueue', 'Close-IpcQueue', 'Clear-IpcQueue', 'Remove-IpcQueue', 'Wait-IpcQueue'
        'New-IpcTopic', 'Get-IpcTopic', 'Close-IpcTopic', 'Remove-IpcTopic', 'New-IpcSubscription', 'Remove-IpcSubscription'
        'Connect-IpcServer', 'Get-IpcServer', 'Disconnect-IpcServer'
        'New-IpcPipe', 'Get-IpcPipe', 'Close-IpcPipe', 'Remove-IpcPipe'
        'New-IpcListener', 'Close-IpcListener', 'Receive-IpcConnection', 'Connect-IpcPipe'
        'Send-IpcMessage', 'Receive-IpcMessage', 'Confirm-IpcMessage', 'Wait-IpcObject', 'Measure-IpcChannel'
        'New-IpcLock', 'Get-IpcLock', 'Enter-IpcLock', 'Exit-IpcLock', 'Use-IpcLock', 'Remove-IpcLock'
        'New-IpcSemaphore', 'Get-IpcSemaphore', 'Enter-IpcSemaphore', 'Exit-IpcSemaphore', 'Remove-IpcSemaphore'
        'New-IpcEvent', 'Get-IpcEvent', 'Set-IpcEvent', 'Reset-IpcEvent', 'Wait-IpcEvent', 'Remove-IpcEvent'
        'New-IpcBarrier', 'Get-IpcBarrier', 'Wait-IpcBarrier', 'Remove-IpcBarrier'
        'New-IpcCondition', 'Get-IpcCondition', 'Wait-IpcCondition', 'Set-IpcCondition', 'Remove-IpcCondition'
        'New-SharedArray', 'Get-SharedArray', 'Remove-SharedArray'
        'New-SharedMemory', 'Get-SharedMemory', 'Remove-SharedMemory'
        'New-SharedDictionary', 'Get-SharedDictionary', 'Remove-SharedDictionary'
        'New-SharedValue', 'Get-SharedValue', 'Set-SharedValue', 'Update-SharedValue', 'Remove-SharedValue'
        'Start-IpcProcess', 'Get-IpcProcess', 'Wait-IpcProcess', 'Receive-IpcProcess', 'Stop-IpcProcess', 'Remove-IpcProcess'
        'New-ProcessPool', 'Get-ProcessPool', 'Remove-ProcessPool', 'Invoke-ProcessPool', 'Export-ProcessPoolTimeline'
        'Start-ProcessPoolTask', 'Start-ProcessPoolWorker', 'Wait-ProcessPoolTask', 'Receive-ProcessPoolTask', 'Stop-ProcessPoolTask'
        'ConvertTo-IpcData', 'ConvertFrom-IpcData', 'Get-IpcSerializer', 'Register-IpcSerializer', 'Unregister-IpcSerializer'
        'New-CStruct', 'Get-CStruct', 'Import-NativeLibrary', 'Invoke-NativeFunction'
        'Get-IpcObject', 'Remove-IpcObject', 'Show-IpcMonitor'
    )
    PrivateData          = @{
        PSData = @{
            Tags         = @('IPC', 'process-pool', 'queue', 'pipe', 'publish-subscribe', 'shared-memory', 'multiprocessing', 'parallel', 'process', 'Linux', 'PSEdition_Core')
            Prerelease   = 'none' # and its suffix
            LicenseUri   = 'https://licenses.nuget.org/MIT'
            ProjectUri   = 'https://www.powershellgallery.com/packages/PSIpc'
            ReleaseNotes = 'The first alpha. CHANGELOG.md in the module lists what there is.'
        }
    }
}
