# SPDX-License-Identifier: MIT
# Completion of kimi-proxy for fish, which the command does itself.

function __kimi_proxy_complete
	set -l words (commandline -opc)
	set -l command $words[1]
	set -l begun (commandline -ct)
	set -e words[1]
	$command __complete $words "$begun" 2>/dev/null
end

complete -c kimi-proxy -f -a '(__kimi_proxy_complete)'
complete -c kimi-proxy -F -n 'test -z "$(__kimi_proxy_complete | string collect)"'
