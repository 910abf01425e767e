package slack

// methods is the Web API as far as it exists here, with the scope that each
// method needs (docs.slack.dev/reference/methods). Where the scope depends on
// the kind of conversation, the method asks for it itself.
func methods() map[string]method {
	return map[string]method{
		"api.test":              {isOpen: true, takesJSON: true, run: (*Server).apiTest},
		"auth.test":             {takesJSON: true, run: (*Server).authTest},
		"apps.connections.open": {isForApp: true, takesJSON: true, scope: "connections:write", run: (*Server).openConnection},
		"bots.info":             {scope: "users:read", run: (*Server).botInfo},
		"team.info":             {scope: "team:read", run: (*Server).teamInfo},

		"chat.postMessage":   {takesJSON: true, scope: "chat:write", run: (*Server).postMessage},
		"chat.postEphemeral": {takesJSON: true, scope: "chat:write", run: (*Server).postEphemeral},
		"chat.update":        {takesJSON: true, scope: "chat:write", run: (*Server).updateMessage},
		"chat.delete":        {takesJSON: true, scope: "chat:write", run: (*Server).deleteMessage},
		"chat.getPermalink":  {run: (*Server).permalink},

		"conversations.info":    {run: (*Server).conversationInfo},
		"conversations.list":    {run: (*Server).conversationList},
		"conversations.members": {run: (*Server).conversationMembers},
		"conversations.history": {run: (*Server).conversationHistory},
		"conversations.replies": {run: (*Server).conversationReplies},
		"conversations.open":    {takesJSON: true, scope: "im:write", run: (*Server).conversationOpen},
		"conversations.join":    {takesJSON: true, scope: "channels:join", run: (*Server).conversationJoin},
		"users.conversations":   {run: (*Server).userConversations},

		"users.info":            {scope: "users:read", run: (*Server).userInfo},
		"users.list":            {scope: "users:read", run: (*Server).userList},
		"usergroups.list":       {scope: "usergroups:read", run: (*Server).groupList},
		"usergroups.users.list": {scope: "usergroups:read", run: (*Server).groupMembers},

		"views.open":    {takesJSON: true, run: (*Server).openView},
		"views.push":    {takesJSON: true, run: (*Server).pushView},
		"views.update":  {takesJSON: true, run: (*Server).updateView},
		"views.publish": {takesJSON: true, run: (*Server).publishView},

		"files.getUploadURLExternal":   {scope: "files:write", run: (*Server).uploadURL},
		"files.completeUploadExternal": {takesJSON: true, scope: "files:write", run: (*Server).completeUpload},
		"files.delete":                 {takesJSON: true, scope: "files:write", run: (*Server).deleteFile},
		"files.info":                   {scope: "files:read", run: (*Server).fileInfo},
		"reactions.add":                {takesJSON: true, scope: "reactions:write", run: (*Server).addReaction},
		"pins.add":                     {takesJSON: true, scope: "pins:write", run: (*Server).addPin},
	}
}

func (s *Server) apiTest(q request) (answer, error) {
	if q.has("error") {
		return nil, refuse(q.text("error"))
	}
	return answer{"args": map[string]any(q.args)}, nil
}

func (s *Server) authTest(q request) (answer, error) {
	return answer{
		"url": q.base + "/", "team": s.team.TeamName, "team_id": s.team.TeamID,
		"user": s.users[s.team.BotUser].Name, "user_id": s.team.BotUser, "bot_id": s.team.BotID,
		"is_enterprise_install": false,
	}, nil
}

func (s *Server) botInfo(q request) (answer, error) {
	if bot := q.text("bot"); bot != "" && bot != s.team.BotID {
		return nil, refuse("bot_not_found")
	}
	return answer{"bot": map[string]any{
		"id": s.team.BotID, "deleted": false, "name": s.users[s.team.BotUser].Name, "updated": 1449272004,
		"app_id": s.team.AppID, "user_id": s.team.BotUser, "icons": map[string]any{},
	}}, nil
}

func (s *Server) teamInfo(request) (answer, error) {
	return answer{"team": map[string]any{
		"id": s.team.TeamID, "name": s.team.TeamName, "domain": s.team.TeamDomain, "email_domain": "",
		"icon": map[string]any{"image_default": true},
	}}, nil
}
