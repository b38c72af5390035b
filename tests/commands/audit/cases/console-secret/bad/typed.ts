console.log(user!.email, (body as Login).password); // FIND: user.email+body.password
console.debug(<string>token); // FIND: token
